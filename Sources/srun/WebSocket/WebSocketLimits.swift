import Synchronization

/// What a WebSocket may use, and how long it may be silent.
struct WebSocketLimits: Sendable {
    /// Of all clients together.
    var connections = 256
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

/// Counts the open WebSockets.
final class WebSocketSlots: Sendable {
    private let limit: Int
    private let used = Mutex(0)

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a slot; false when there is none. Whoever took it gives it back with ``release()``.
    func acquire() -> Bool {
        used.withLock { used in
            guard used < limit else { return false }
            used += 1
            return true
        }
    }

    func release() {
        used.withLock { $0 -= 1 }
    }
}

/// Who opened a WebSocket, to be asked again while it is open.
struct WebSocketWatch: Sendable {
    let access: Access
    let admission: Access.Admission?
    let slots: WebSocketSlots

    var isStillSignedIn: Bool {
        get async {
            guard let admission else { return false }
            return await access.isValid(admission)
        }
    }
}
