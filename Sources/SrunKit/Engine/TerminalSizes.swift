import Synchronization

/// The size of a running job's terminal, and who wants to hear of changes.
///
/// A listener that does not read has the latest size kept for it: an older one is of no use to anybody.
final class TerminalSizes: Sendable {
    private struct State {
        var size: TerminalSize
        var listeners: [UInt64: AsyncStream<TerminalSize>.Continuation] = [:]
        var nextKey: UInt64 = 0
        var isFinished = false
    }

    private let state: Mutex<State>

    init(_ size: TerminalSize) {
        state = Mutex(State(size: size))
    }

    var current: TerminalSize { state.withLock { $0.size } }

    /// Tells everybody; a size that is the present one is no change.
    func set(_ size: TerminalSize) {
        state.withLock { state in
            guard size != state.size else { return }
            state.size = size
            for listener in state.listeners.values { listener.yield(size) }
        }
    }

    /// The size now, and every change from now on. The changes end with the job.
    func listen() -> (size: TerminalSize, changes: AsyncStream<TerminalSize>) {
        let (stream, continuation) = AsyncStream<TerminalSize>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let (size, key) = state.withLock { state -> (TerminalSize, UInt64?) in
            if state.isFinished { return (state.size, nil) }
            state.nextKey += 1
            state.listeners[state.nextKey] = continuation
            return (state.size, state.nextKey)
        }
        guard let key else {
            continuation.finish()
            return (size, stream)
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.listeners.removeValue(forKey: key) }
        }
        return (size, stream)
    }

    func finish() {
        let listeners = state.withLock { state in
            state.isFinished = true
            defer { state.listeners.removeAll() }
            return Array(state.listeners.values)
        }
        for listener in listeners { listener.finish() }
    }
}
