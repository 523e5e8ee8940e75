public import Foundation

/// One request to run a command, and what became of it.
public struct Job: Hashable, Sendable, Identifiable {
    public let id: JobID
    public let spec: JobSpec
    /// In whole microseconds, the precision every store keeps.
    public let createdAt: Date
    /// The name of the node that runs it, or ran it.
    public let node: String
    /// The job whose restart made this one.
    public let restartOf: JobID?
    /// Who asked for it; nil when nobody said who they are.
    public let createdBy: String?
    public var state: JobState
    /// Its node has lost contact, and nobody knows how the job fares; `lost` if that lasts.
    public var isUnknown = false
    /// How much output the job has: the final length once it has ended. For a running job a store answers with what it holds,
    /// the engine with what has been read.
    public var outputBytes: Int64
    /// How many of these bytes are not kept, because the job printed more than its quota; they lie in the middle.
    public var outputDropped: Int64 = 0
    /// Whether it is being brought to its end. Known to the engine that runs it and kept nowhere.
    public var isStopping = false
    /// Who asked for it to end, while it is being brought there; afterwards ``JobOutcome/stoppedBy``. Known to the engine that
    /// runs it.
    public var stoppedBy: String?
    /// Whether its processes are held. Known to the engine that runs it and kept nowhere.
    public var isPaused = false

    public init(
        id: JobID, spec: JobSpec, createdAt: Date, node: String, restartOf: JobID? = nil, createdBy: String? = nil,
        state: JobState = .queued, outputBytes: Int64 = 0
    ) {
        self.id = id
        self.spec = spec
        self.createdAt = createdAt.inWholeMicroseconds
        self.node = node
        self.restartOf = restartOf
        self.createdBy = createdBy
        self.state = state
        self.outputBytes = outputBytes
    }

    public var status: JobStatus { state.status }
}

extension Date {
    /// The same time without what is finer than a microsecond: two times that a store would write alike compare equal.
    public var inWholeMicroseconds: Date { Date(microseconds: microseconds) }

    /// Microseconds since 1970; a time too far away to be counted so is as far away as can be.
    public var microseconds: Int64 {
        let count = (timeIntervalSince1970 * 1_000_000).rounded()
        return Int64(exactly: count) ?? (count > 0 ? .max : .min)
    }

    public init(microseconds: Int64) {
        self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}

extension Duration {
    /// Whole ones, which is what stores keep; rounded down.
    public var inMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : product + attoseconds / 1_000_000_000_000
    }
}
