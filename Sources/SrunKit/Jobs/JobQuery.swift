public import Foundation

/// Which jobs to list: newest first, a page at a time.
public struct JobQuery: Hashable, Sendable {
    /// Empty means any.
    public var statuses: Set<JobStatus>
    /// Finds jobs whose command, name, identifier or a tag contains this text; case of ASCII letters does not matter.
    public var text: String?
    /// Only jobs that have exactly this tag.
    public var tag: String?
    /// Only jobs of the node with exactly this name.
    public var node: String?
    /// Only jobs that somebody with exactly this name asked for.
    public var createdBy: String?
    /// The page begins after this place.
    public var after: JobCursor?
    public var limit: Int

    public static let defaultLimit = 100
    public static let maximumLimit = 500

    public init(
        statuses: Set<JobStatus> = [], text: String? = nil, tag: String? = nil, node: String? = nil,
        createdBy: String? = nil, after: JobCursor? = nil, limit: Int = Self.defaultLimit
    ) {
        self.statuses = statuses
        self.text = text
        self.tag = tag
        self.node = node
        self.createdBy = createdBy
        self.after = after
        self.limit = limit
    }
}

/// A place in the list of jobs: between one job and the next older one. Jobs added meanwhile do not move it.
public struct JobCursor: Hashable, Sendable, LosslessStringConvertible {
    public let createdAt: Date
    public let id: JobID

    public init(createdAt: Date, id: JobID) {
        self.createdAt = createdAt
        self.id = id
    }

    public init(_ job: Job) {
        self.init(createdAt: job.createdAt, id: job.id)
    }

    /// Returns nil for text that ``description`` cannot have made.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", maxSplits: 1)
        guard parts.count == 2, let time = Int64(parts[0]), let id = JobID(parts[1]) else { return nil }
        self.init(createdAt: Date(microseconds: time), id: id)
    }

    public var description: String { "\(createdAt.microseconds).\(id)" }

    /// Newest first; jobs made in the same microsecond are ordered by identifier, so that the order is total.
    public static func precedes(_ left: JobCursor, _ right: JobCursor) -> Bool {
        (left.createdAt, left.id) > (right.createdAt, right.id)
    }
}

public struct JobPage: Hashable, Sendable {
    public var jobs: [Job]
    /// Where the next page begins; nil when this is the last one.
    public var next: JobCursor?

    public init(jobs: [Job], next: JobCursor?) {
        self.jobs = jobs
        self.next = next
    }
}
