import Synchronization

/// Something that happens once: whoever waits is told, whoever comes later learns it at once.
///
/// The number of waiters is bounded by the number of tasks that hold it.
final class OneShot<Value: Sendable>: Sendable {
    private struct Pending {
        var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
        var acts: [@Sendable (Value) -> Void] = []
        var next: UInt64 = 0
    }

    private enum State {
        case pending(Pending)
        case done(Value)
    }

    private let state = Mutex(State.pending(Pending()))

    /// Only the first call counts.
    ///
    /// - Returns: Whether this was the first.
    @discardableResult
    func fulfil(_ value: Value) -> Bool {
        let pending = state.withLock { state -> Pending? in
            guard case .pending(let pending) = state else { return nil }
            state = .done(value)
            return pending
        }
        guard let pending else { return false }
        for act in pending.acts { act(value) }
        for waiter in pending.waiters.values { waiter.resume(returning: value) }
        return true
    }

    var current: Value? {
        state.withLock { if case .done(let value) = $0 { value } else { nil } }
    }

    /// Acts once it has happened: now, or in whichever task or thread makes it happen, which must not be held up. For those that
    /// wait for several things and need no task for each.
    func whenFulfilled(_ act: @escaping @Sendable (Value) -> Void) {
        let value = state.withLock { state -> Value? in
            switch state {
            case .done(let value): return value
            case .pending(var pending):
                pending.acts.append(act)
                state = .pending(pending)
                return nil
            }
        }
        if let value { act(value) }
    }

    /// Nil only when the waiting task was cancelled.
    func value() async -> Value? {
        let ticket = state.withLock { state -> UInt64 in
            guard case .pending(var pending) = state else { return 0 }
            defer { state = .pending(pending) }
            pending.next += 1
            return pending.next
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Value?? in
                    switch state {
                    case .done(let value): return .some(value)
                    case .pending(var pending):
                        if Task.isCancelled { return .some(nil) }
                        pending.waiters[ticket] = continuation
                        state = .pending(pending)
                        return .none
                    }
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Value?, Never>? in
                guard case .pending(var pending) = state else { return nil }
                let waiter = pending.waiters.removeValue(forKey: ticket)
                state = .pending(pending)
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
