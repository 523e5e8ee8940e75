import Synchronization

/// How far ahead of its reader a stream may run.
///
/// The reader acknowledges what it has shown. No more than ``size`` bytes are sent beyond that, so a browser that cannot keep up is not buried, and neither is the memory between the two.
///
/// A window may grow for a reader that is faster than that: up to what it takes in within ``horizon``. On a busy machine the way
/// there and back takes so long that a small window would be what bounds a fast reader.
final class AckWindow: Sendable {
    /// What every reader is given.
    static let size: Int64 = 512 * 1024
    /// What a window may grow to at most.
    static let grownSize: Int64 = 4 << 20
    /// So much time's worth of output may be on its way.
    static let horizon = Duration.milliseconds(50)
    /// Less room than this is not used: a reader that acknowledges in crumbs shall not be sent crumbs.
    static let leastRoom: Int64 = 64 * 1024

    private struct State {
        var sent: Int64
        var acknowledged: Int64
        var waiter: CheckedContinuation<Void, Never>?
        let limit: Int64
        var size = AckWindow.size
        /// Where the reader was when its speed was last looked at.
        var mark: (offset: Int64, time: ContinuousClock.Instant)

        init(start: Int64, limit: Int64, at time: ContinuousClock.Instant) {
            (sent, acknowledged, self.limit) = (start, start, limit)
            mark = (start, time)
        }

        var room: Int64 { acknowledged + size - sent }
        var hasRoom: Bool { room >= AckWindow.leastRoom }

        /// Doubles at most at a time: one fast moment is not yet a fast reader.
        mutating func adapt(at time: ContinuousClock.Instant) {
            let bytes = acknowledged - mark.offset
            guard limit > AckWindow.size, bytes >= size / 2 else { return }
            let wanted = Double(bytes) * (AckWindow.horizon / max(time - mark.time, .microseconds(1)))
            size = min(limit, max(AckWindow.size, Int64(min(wanted, Double(2 * size)))))
            mark = (acknowledged, time)
        }
    }

    private let state: Mutex<State>

    /// - Parameter limit: What it may grow to.
    init(start: Int64, limit: Int64 = AckWindow.size, at time: ContinuousClock.Instant = .now) {
        state = Mutex(State(start: start, limit: limit, at: time))
    }

    var hasRoom: Bool { state.withLock { $0.hasRoom } }

    /// Waits until there is room, and tells how much: ``leastRoom`` at least. Called from one task; returns nil when that task was
    /// cancelled.
    func room() async -> Int64? {
        while !Task.isCancelled {
            // Looked at and taken at once: meanwhile an acknowledgement may make the window smaller.
            if let room = state.withLock({ $0.hasRoom ? $0.room : nil }) { return room }
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
        }
        return nil
    }

    /// Output that was dropped takes no room.
    func didSkip(to offset: Int64) {
        state.withLock { state in
            let skipped = offset - state.sent
            state.acknowledged += skipped
            state.mark.offset += skipped
            state.sent = offset
        }
    }

    func didSend(upTo offset: Int64) {
        state.withLock { $0.sent = offset }
    }

    /// - Returns: False for an offset that was never sent; an old one changes nothing.
    func acknowledge(upTo offset: Int64, at time: ContinuousClock.Instant = .now) -> Bool {
        let (isKnown, waiter) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard offset >= 0, offset <= state.sent else { return (false, nil) }
            state.acknowledged = max(state.acknowledged, offset)
            state.adapt(at: time)
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
