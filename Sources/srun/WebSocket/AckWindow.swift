import Synchronization

/// How far ahead of its reader a stream may run.
///
/// The reader acknowledges what it has shown. Between that and the last byte sent there are never more than ``size``
/// bytes, so a browser that cannot keep up is not buried, and neither is the memory between the two.
final class AckWindow: Sendable {
    static let size: Int64 = 512 * 1024
    /// Less room than this is not used: a reader that acknowledges in crumbs shall not be sent crumbs.
    static let leastRoom: Int64 = 64 * 1024

    private struct State {
        var sent: Int64
        var acknowledged: Int64
        var waiter: CheckedContinuation<Void, Never>?

        var room: Int64 { acknowledged + AckWindow.size - sent }
        var hasRoom: Bool { room >= AckWindow.leastRoom }
    }

    private let state: Mutex<State>

    init(start: Int64) {
        state = Mutex(State(sent: start, acknowledged: start))
    }

    var hasRoom: Bool { state.withLock { $0.hasRoom } }

    /// Waits until there is room, and tells how much. Called from one task; returns nil when that task was cancelled.
    func room() async -> Int64? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state in
                    if state.hasRoom || Task.isCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            wake()
        }
        return Task.isCancelled ? nil : state.withLock { $0.room }
    }

    /// Output that was dropped takes no room.
    func didSkip(to offset: Int64) {
        state.withLock { state in
            state.acknowledged += offset - state.sent
            state.sent = offset
        }
    }

    func didSend(upTo offset: Int64) {
        state.withLock { $0.sent = offset }
    }

    /// - Returns: False for an offset that was never sent; an old one changes nothing.
    func acknowledge(upTo offset: Int64) -> Bool {
        let (isKnown, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard offset >= 0, offset <= state.sent else { return (false, nil) }
            state.acknowledged = max(state.acknowledged, offset)
            guard state.hasRoom else { return (true, nil) }
            defer { state.waiter = nil }
            return (true, state.waiter)
        }
        waiter?.resume()
        return isKnown
    }

    private func wake() {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }
}
