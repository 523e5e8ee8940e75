public import Foundation

/// The jobs of a store that have ended: how many there are, how much output they have, and which of them ended first.
public struct FinishedJobs: Hashable, Sendable {
    /// Of all of them, not only of those in ``oldest``.
    public var count: Int
    /// The sum of what they hold: their ``Job/outputBytes`` without what was dropped.
    public var outputBytes: Int64
    /// Those that ended first, in the order of their ends.
    public var oldest: [FinishedJob]
    /// When jobs came into the store that had ended elsewhere before: for how long they are kept, they ended then.
    public var takenOverAt: Date?

    public init(count: Int, outputBytes: Int64, oldest: [FinishedJob], takenOverAt: Date? = nil) {
        self.count = count
        self.outputBytes = outputBytes
        self.oldest = oldest
        self.takenOverAt = takenOverAt
    }
}

/// What matters of a job that has ended to whoever decides how long it is kept.
public struct FinishedJob: Hashable, Sendable {
    public let id: JobID
    public let endedAt: Date
    public let outputBytes: Int64

    public init(id: JobID, endedAt: Date, outputBytes: Int64) {
        self.id = id
        self.endedAt = endedAt
        self.outputBytes = outputBytes
    }

    /// First to end first; jobs that ended in the same microsecond are ordered by identifier.
    public static func precedes(_ left: FinishedJob, _ right: FinishedJob) -> Bool {
        (left.endedAt, left.id) < (right.endedAt, right.id)
    }
}
