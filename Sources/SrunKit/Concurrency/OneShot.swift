import Synchronization

/// Something that happens once: whoever waits is told, whoever comes later learns it at once.
///
/// The number of waiters is bounded by the number of tasks that hold it.
final class OneShot<Value: Sendable>: Sendable {
    private enum State {
        case pending([UInt64: CheckedContinuation<Value?, Never>], next: UInt64)
        case done(Value)
    }

    private let state = Mutex(State.pending([:], next: 0))

    /// Only the first call counts.
    ///
    /// - Returns: Whether this was the first.
    @discardableResult
    func fulfil(_ value: Value) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>]? in
            guard case .pending(let waiters, _) = state else { return nil }
            state = .done(value)
            return Array(waiters.values)
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume(returning: value) }
        return true
    }

    var current: Value? {
        state.withLock { if case .done(let value) = $0 { value } else { nil } }
    }

    /// Nil only when the waiting task was cancelled.
    func value() async -> Value? {
        let ticket = state.withLock { state -> UInt64 in
            guard case .pending(let waiters, let next) = state else { return 0 }
            state = .pending(waiters, next: next + 1)
            return next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Value?? in
                    switch state {
                    case .done(let value): return .some(value)
                    case .pending(var waiters, let next):
                        if Task.isCancelled { return .some(nil) }
                        waiters[ticket] = continuation
                        state = .pending(waiters, next: next)
                        return .none
                    }
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                guard case .pending(var waiters, let next) = state else { return nil }
                let waiter = waiters.removeValue(forKey: ticket)
                state = .pending(waiters, next: next)
                return waiter
            }
            waiter?.resume(returning: nil)
        }
    }
}

/// The result of the work, or nil when the time is over first; the work is then cancelled and waited for.
func race<Value: Sendable>(
    clock: any Clock<Duration>, limit: Duration, _ work: @escaping @Sendable () async -> Value
) async -> Value? {
    await withTaskGroup(of: Value?.self) { group in
        group.addTask { await work() }
        group.addTask {
            try? await clock.sleep(for: limit, tolerance: nil)
            return nil
        }
        defer { group.cancelAll() }
        return await group.next() ?? nil
    }
}
