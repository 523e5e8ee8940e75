/// How often one person may start jobs: so many a minute, and a third of that at once.
struct StartRate: Hashable, Sendable {
    let perMinute: Int
    var burst: Int { max(1, perMinute / 3) }

    static let standard = StartRate(perMinute: 600)

    /// Nil for 0, which is no limit.
    init?(setting perMinute: Int) {
        guard perMinute > 0 else { return nil }
        self.init(perMinute: perMinute)
    }

    private init(perMinute: Int) { self.perMinute = perMinute }
}

/// Who has started how much lately: a bucket for each person, from which every start takes one token and into which time puts
/// them back.
///
/// Only those have a bucket who have less than a full one, and there are at most ``capacity``; when there are more, those who have
/// asked for longest ago are given a full one.
struct StartBuckets: Sendable {
    static let capacity = 10_000

    private struct Bucket {
        var tokens: Double
        /// When there were so many.
        var time: ContinuousClock.Instant
    }

    private let rate: StartRate
    private var buckets: [String: Bucket] = [:]

    init(_ rate: StartRate) { self.rate = rate }

    var count: Int { buckets.count }

    /// Takes a token.
    ///
    /// - Returns: Nil when there was one, otherwise how long it takes until there is. Asking costs nothing then.
    mutating func take(_ name: String, at time: ContinuousClock.Instant) -> Duration? {
        let tokens = tokens(in: buckets[name], at: time)
        guard tokens >= 1 else { return .seconds((1 - tokens) / perSecond) }
        buckets[name] = Bucket(tokens: tokens - 1, time: time)
        if buckets.count > Self.capacity { forget(at: time) }
        return nil
    }

    private var perSecond: Double { Double(rate.perMinute) / 60 }

    private func tokens(in bucket: Bucket?, at time: ContinuousClock.Instant) -> Double {
        guard let bucket else { return Double(rate.burst) }
        return min(Double(rate.burst), bucket.tokens + max(0, (time - bucket.time) / .seconds(1)) * perSecond)
    }

    private mutating func forget(at time: ContinuousClock.Instant) {
        buckets = buckets.filter { tokens(in: $0.value, at: time) < Double(rate.burst) }
        guard buckets.count > Self.capacity else { return }
        // A tenth at once, or each start from now on would sort them all.
        let oldest = buckets.sorted { $0.value.time < $1.value.time }.prefix(Self.capacity / 10)
        for (name, _) in oldest { buckets[name] = nil }
    }
}
