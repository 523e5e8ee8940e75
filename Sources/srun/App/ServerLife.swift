import ServiceLifecycle
import Synchronization

/// All that happens between the first signal that may arrive and the last one: opening the store, serving, closing it.
final class ServerLife: Service {
    private struct State {
        var isHurried = false
        var action: (@Sendable () -> Void)?
    }

    private let body: @Sendable (ServerLife) async throws -> Void
    private let state = Mutex(State())

    init(_ body: @escaping @Sendable (ServerLife) async throws -> Void) {
        self.body = body
    }

    func run() async throws { try await body(self) }

    /// For an operator who asks for the end a second time.
    func hurry() {
        let action = state.withLock { state in
            state.isHurried = true
            return state.action
        }
        action?()
    }

    /// Calls the action when hurried, at once if that has happened already.
    func whenHurried(_ action: @escaping @Sendable () -> Void) {
        let isHurried = state.withLock { state in
            state.action = action
            return state.isHurried
        }
        if isHurried { action() }
    }
}
