import Synchronization

/// What a WebSocket may use, and how long it may be silent.
struct WebSocketLimits: Sendable {
    /// Of all clients together.
    var connections = 256
    /// Of those, at one job.
    var connectionsPerJob = 128
    /// How many messages a client may send in a second, on average and at once; beyond that it is read more slowly.
    var messagesPerSecond = 50
    var messagesAtOnce = 200
    /// The largest frame a client may send.
    var frameBytes = 64 * 1024
    /// The largest message a client may send, its fragments together.
    var messageBytes = 256 * 1024
    var timing = WebSocketTiming()
}

struct WebSocketTiming: Sendable {
    var ping = Duration.seconds(20)
    /// Whoever has not said anything for so long, not even an answer to a ping, is gone.
    var silence = Duration.seconds(40)
    /// How long the other end has to close once all has been said.
    var closing = Duration.seconds(5)
    /// How long a connection may still say what there is to say when the server ends.
    var parting = Duration.seconds(2)
    /// How often it is checked that whoever opened the connection is still signed in.
    var recheck = Duration.seconds(30)
    /// How long output is gathered into one message while it pours.
    var gathering = Duration.milliseconds(10)
}

/// Counts the open WebSockets, in all and of each job.
final class WebSocketSlots: Sendable {
    private struct State {
        var total = 0
        var byJob: [String: Int] = [:]
    }

    private let limits: WebSocketLimits
    private let state = Mutex(State())

    init(_ limits: WebSocketLimits) {
        self.limits = limits
    }

    /// Takes a slot; false when there is none. Whoever took it gives it back with ``release(_:)``.
    func acquire(_ job: String?) -> Bool {
        state.withLock { state in
            guard state.total < limits.connections else { return false }
            if let job {
                guard state.byJob[job, default: 0] < limits.connectionsPerJob else { return false }
                state.byJob[job, default: 0] += 1
            }
            state.total += 1
            return true
        }
    }

    func release(_ job: String?) {
        state.withLock { state in
            state.total -= 1
            guard let job, let count = state.byJob[job] else { return }
            state.byJob[job] = count > 1 ? count - 1 : nil
        }
    }
}

/// Who opened a WebSocket, to be asked again while it is open.
struct WebSocketWatch: Sendable {
    let access: Access
    let admission: Access.Admission?
    let slots: WebSocketSlots
    var job: String?

    func leave() { slots.release(job) }

    var isStillSignedIn: Bool {
        get async {
            guard let admission else { return false }
            return await access.isValid(admission)
        }
    }
}
