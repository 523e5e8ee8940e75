import Synchronization

/// Something that happens once and can be awaited, before and after. Waiting ends early when the task is cancelled.
public final class Event<Value: Sendable>: Sendable {
    private let value = Mutex<Value?>(nil)
    private let waiters = Mutex<[UInt64: AsyncStream<Void>.Continuation]>([:])
    private let nextKey = Mutex<UInt64>(0)
    private let acts = Mutex<[@Sendable (Value) -> Void]>([])

    public init() {}

    public var hasHappened: Bool { value.withLock { $0 != nil } }

    public func happen(_ new: Value) {
        value.withLock { if $0 == nil { $0 = new } }
        for waiter in waiters.withLock({ Array($0.values) }) { waiter.finish() }
        runActs()
    }

    /// Acts once it has happened, or now when it has.
    public func whenHappened(_ act: @escaping @Sendable (Value) -> Void) {
        acts.withLock { $0.append(act) }
        runActs()
    }

    private func runActs() {
        guard let value = value.withLock({ $0 }) else { return }
        let due = acts.withLock { acts in
            defer { acts = [] }
            return acts
        }
        for act in due { act(value) }
    }

    @discardableResult
    public func wait() async -> Value? {
        let (own, continuation) = AsyncStream<Void>.makeStream()
        let key = nextKey.withLock { key in
            defer { key += 1 }
            return key
        }
        waiters.withLock { $0[key] = continuation }
        if hasHappened { continuation.finish() }
        for await _ in own {}
        waiters.withLock { _ = $0.removeValue(forKey: key) }
        return value.withLock { $0 }
    }
}
