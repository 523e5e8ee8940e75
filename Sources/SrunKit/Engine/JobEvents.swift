import Synchronization

public enum JobEvent: Sendable, Hashable {
    /// New, or in another state.
    case changed(Job)
    case removed(JobID)
}

/// Tells everybody who subscribed what happens to jobs, in the order in which it happens.
///
/// A subscriber that does not read has ``bufferSize`` events kept for it; then its sequence ends, and it subscribes again and
/// reads the list anew. Nobody else is slowed.
public final class JobEvents: Sendable {
    public typealias Subscription = AsyncStream<JobEvent>

    static let bufferSize = 1024

    private struct State {
        var subscribers: [UInt64: Subscription.Continuation] = [:]
        var nextKey: UInt64 = 0
        var isFinished = false
    }

    private let state = Mutex(State())

    /// Every event from now on. The sequence ends when the reader fell behind or the engine has ended.
    func subscribe() -> Subscription {
        let (stream, continuation) = Subscription.makeStream(bufferingPolicy: .bufferingOldest(Self.bufferSize))
        let key = state.withLock { state -> UInt64? in
            if state.isFinished { return nil }
            defer { state.nextKey += 1 }
            state.subscribers[state.nextKey] = continuation
            return state.nextKey
        }
        guard let key else {
            continuation.finish()
            return stream
        }
        continuation.onTermination = { [weak self] _ in
            self?.state.withLock { _ = $0.subscribers.removeValue(forKey: key) }
        }
        return stream
    }

    var isFinished: Bool { state.withLock { $0.isFinished } }

    func send(_ event: JobEvent) {
        // Yielding under the lock keeps the order the same for all; it never blocks. Finishing does not happen under it, since
        // that runs `onTermination`, which takes the lock.
        let cut = state.withLock { state in
            state.subscribers.values.filter { subscriber in
                if case .dropped = subscriber.yield(event) { true } else { false }
            }
        }
        for subscriber in cut { subscriber.finish() }
    }

    func finish() {
        let subscribers = state.withLock { state in
            state.isFinished = true
            defer { state.subscribers.removeAll() }
            return Array(state.subscribers.values)
        }
        for subscriber in subscribers { subscriber.finish() }
    }
}
