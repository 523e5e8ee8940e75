import HTTPTypes
import Synchronization

/// Keeps one person from starting jobs faster than ``StartRate`` allows, by whatever session or token of theirs. Each server
/// counts for itself.
final class StartThrottle: Sendable {
    private let rate: StartRate
    private let buckets: Mutex<StartBuckets>
    private let now: @Sendable () -> ContinuousClock.Instant

    init(_ rate: StartRate, now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }) {
        self.rate = rate
        self.now = now
        buckets = Mutex(StartBuckets(rate))
    }

    /// Counts a start.
    ///
    /// - Throws: ``RequestError`` `too_many_starts`, which says when to come again.
    func count(_ name: String) throws(RequestError) {
        let time = now()
        guard let pause = buckets.withLock({ $0.take(name, at: time) }) else { return }
        throw .tooManyStarts(rate, wait: max(1, Int((pause / .seconds(1)).rounded(.up))))
    }
}

extension RequestError {
    static func tooManyStarts(_ rate: StartRate, wait seconds: Int) -> RequestError {
        var error = RequestError(
            .tooManyRequests, "too_many_starts",
            "too many jobs: one person may start \(rate.perMinute) a minute, \(rate.burst) of them at once; try again in \(seconds) s"
        )
        error.headers[.retryAfter] = String(seconds)
        return error
    }
}
