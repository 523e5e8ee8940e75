import Foundation

/// How long jobs that have ended are kept. Pure: it removes nothing and knows no clock.
///
/// Jobs that have not ended do not count, and are never removed. Those that have go in the order of their ends, the first one
/// first, until no limit is exceeded. A job that ended less than ``settlingTime`` ago stays in any case, so that whoever waited
/// for it can still read how it ended.
public struct RetentionPolicy: Hashable, Sendable {
    /// How long after its end a job is kept; nil for ever.
    public var age: Duration?
    /// How many jobs are kept; nil for any number.
    public var jobs: Int?
    /// How much output the kept jobs have in all; nil for any amount.
    public var bytes: Int64?

    public static let settlingTime = Duration.seconds(60)

    /// 2020. An end before it was written by a clock that was wrong, as that of a machine without a battery at its start, and tells no
    /// age.
    static let earliestTime = Date(timeIntervalSince1970: 1_577_836_800)

    public static let keepsEverything = RetentionPolicy()
    /// What a server does that was not told otherwise.
    public static let standard = RetentionPolicy(age: .seconds(30 * 86_400), bytes: 10 << 30)

    public init(age: Duration? = nil, jobs: Int? = nil, bytes: Int64? = nil) {
        self.age = age
        self.jobs = jobs
        self.bytes = bytes
    }

    /// The jobs to remove now, in order, out of those that ended first.
    func expired(in finished: FinishedJobs, now: Date) -> [JobID] {
        var count = finished.count
        var bytes = finished.outputBytes
        var expired: [JobID] = []
        for job in finished.oldest {
            let end = max(job.endedAt, finished.takenOverAt ?? job.endedAt)
            let passed = now.timeIntervalSince(end)
            // An end in the future was written before the time of day was set back; it holds up no other.
            guard abs(passed) >= Self.settlingTime / .seconds(1) else { break }
            let age = end < Self.earliestTime ? 0 : passed
            guard isExceeded(passed: age, count: count, bytes: bytes) else {
                if age == passed { break }
                continue
            }
            expired.append(job.id)
            count -= 1
            bytes -= job.outputBytes
        }
        return expired
    }

    private func isExceeded(passed: TimeInterval, count: Int, bytes: Int64) -> Bool {
        if let limit = age, passed > limit / .seconds(1) { return true }
        if let limit = jobs, count > limit { return true }
        if let limit = self.bytes, bytes > limit { return true }
        return false
    }
}
