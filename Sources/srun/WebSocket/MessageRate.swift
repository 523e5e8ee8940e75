/// How often something may happen: at an average rate, with some at once ("token bucket").
struct MessageRate: Sendable {
    private let interval: Duration
    private let burst: Int
    /// When all that has happened would have been paid for.
    private var paidUntil: ContinuousClock.Instant

    init(perSecond: Int, burst: Int, now: ContinuousClock.Instant = .now) {
        interval = .seconds(1) / perSecond
        self.burst = burst
        paidUntil = now
    }

    /// Counts one more.
    ///
    /// - Returns: How long to wait before the next one is looked at; nil when there is no need to.
    mutating func count(now: ContinuousClock.Instant = .now) -> Duration? {
        paidUntil = max(paidUntil, now) + interval
        let ahead = now.duration(to: paidUntil) - interval * burst
        return ahead > .zero ? ahead : nil
    }
}
