import Synchronization

/// The word that another server takes over: no new connections, and the present ones come to their end.
final class Leave: Sendable {
    private struct State {
        var isAsked = false
        var action: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())
    private let ended = AsyncStream.makeStream(of: Void.self)
    private let isAskedFor = AsyncStream.makeStream(of: Void.self)

    var isAsked: Bool { state.withLock { $0.isAsked } }

    /// Says that no connection is left.
    func finish() { ended.continuation.finish() }

    /// Waits until no connection is left, or the task is cancelled.
    func end() async { for await _ in ended.stream {} }

    func ask() {
        let action = state.withLock { state in
            state.isAsked = true
            return state.action
        }
        isAskedFor.continuation.finish()
        action?()
    }

    /// Waits until asked, or the task is cancelled. For one who waits.
    func asked() async { for await _ in isAskedFor.stream {} }

    /// Calls the action when asked, at once if that has happened already.
    func whenAsked(_ action: @escaping @Sendable () -> Void) {
        let isAsked = state.withLock { state in
            state.action = action
            return state.isAsked
        }
        if isAsked { action() }
    }
}
