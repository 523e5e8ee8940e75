public import Foundation

/// The run of a job's process: what is known from the moment a node has taken the job.
public struct JobRun: Hashable, Sendable {
    /// In whole microseconds, the precision every store keeps.
    public let startedAt: Date
    /// Nil from the moment the job is claimed until its process exists.
    public let processID: Int32?

    public init(startedAt: Date, processID: Int32? = nil) {
        self.startedAt = startedAt.inWholeMicroseconds
        self.processID = processID
    }
}

/// The end of a job: how, when, and how much it had printed.
public struct JobEnd: Hashable, Sendable {
    public let outcome: JobOutcome
    public let endedAt: Date
    /// The length of the whole output; every byte before this offset is in the store.
    public let outputBytes: Int64
    /// How long it had run, in whole microseconds, by a clock that nobody sets; nil where nobody has measured it.
    public var ranFor: Duration?
    /// When the command is to be tried again, in whole microseconds; nil when it is not, and once it was.
    public var retryAt: Date?

    public init(
        outcome: JobOutcome, endedAt: Date, outputBytes: Int64, ranFor: Duration? = nil, retryAt: Date? = nil
    ) {
        self.outcome = outcome
        self.endedAt = endedAt.inWholeMicroseconds
        self.outputBytes = outputBytes
        self.ranFor = ranFor.map { .microseconds($0.inMicroseconds) }
        self.retryAt = retryAt?.inWholeMicroseconds
    }
}

/// Where a job stands, with exactly the facts that exist there.
public enum JobState: Hashable, Sendable {
    case queued
    case running(JobRun)
    /// The run is nil for a job that ended before it was started.
    case finished(JobEnd, JobRun?)

    public var status: JobStatus {
        switch self {
        case .queued: .queued
        case .running: .running
        case .finished(let end, _): end.outcome.status
        }
    }

    public var run: JobRun? {
        switch self {
        case .queued: nil
        case .running(let run): run
        case .finished(_, let run): run
        }
    }

    public var end: JobEnd? {
        if case .finished(let end, _) = self { end } else { nil }
    }

    /// The same once nobody waits any more to try the command again.
    public var withoutRetry: JobState {
        guard case .finished(var end, let run) = self else { return self }
        end.retryAt = nil
        return .finished(end, run)
    }

    /// Whether a job may go from this state to the next one. Every store asks here before it writes.
    ///
    /// Repeating the present state is allowed and changes nothing, so a write whose reply was lost can be sent again. A running
    /// job's process ID may be filled in, but neither taken back nor replaced; its start time never changes.
    public func mayAdvance(to next: JobState) -> Bool {
        if self == next { return true }
        switch (self, next) {
        case (.queued, .running), (.queued, .finished(_, nil)): return true
        case (.running(let old), .running(let new)):
            return old.startedAt == new.startedAt && old.processID == nil
        case (.running(let old), .finished(_, let new?)):
            return old.startedAt == new.startedAt && (old.processID == nil || old.processID == new.processID)
        default: return false
        }
    }
}
