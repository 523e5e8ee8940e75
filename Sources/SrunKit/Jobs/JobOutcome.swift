/// How a process ended, as the kernel told it (wait(2)).
public enum ProcessExit: Hashable, Sendable {
    case code(Int32)
    case signal(Int32)
}

/// What a process and the children it waited for have used (getrusage(2)).
public struct ResourceUsage: Hashable, Sendable, Codable {
    public var userSeconds: Double
    public var systemSeconds: Double
    /// The largest resident set of any one process, not the sum; 0 when it cannot be told.
    public var maxResidentBytes: Int64
    /// From and to disks; nil in a record of an earlier version.
    public var readBytes: Int64?
    public var writtenBytes: Int64?

    public init(
        userSeconds: Double, systemSeconds: Double, maxResidentBytes: Int64, readBytes: Int64? = nil,
        writtenBytes: Int64? = nil
    ) {
        self.userSeconds = userSeconds
        self.systemSeconds = systemSeconds
        self.maxResidentBytes = maxResidentBytes
        self.readBytes = readBytes
        self.writtenBytes = writtenBytes
    }
}

/// How a job ended. A job that ends with exit code 3 has an outcome like any other: it is not an error of srun.
public struct JobOutcome: Hashable, Sendable {
    public enum Ending: Hashable, Sendable {
        /// The command ended by itself.
        case exited(ProcessExit)
        /// Somebody asked; no exit when it never started.
        case stopped(ProcessExit?)
        case timedOut(ProcessExit?)
        case failedToStart
        /// Its node died. The exit is unknown, and is not guessed.
        case lost
    }

    public let ending: Ending
    /// For people: why, when the status alone does not say it ("No such file or directory (ENOENT)").
    public let reason: String?
    public let usage: ResourceUsage?
    /// Who asked for it to end, when somebody did.
    public var stoppedBy: String?

    public init(_ ending: Ending, reason: String? = nil, usage: ResourceUsage? = nil) {
        self.ending = ending
        self.reason = reason
        self.usage = usage
    }

    /// What the reason says in front of their numbers when processes of the job were killed and are there all the same.
    static let survivorRemark = "still alive after being killed: process"

    /// Whether it does, here or on the node that ran the job.
    var leftSurvivors: Bool { reason?.contains(Self.survivorRemark) ?? false }

    /// Always a final status.
    public var status: JobStatus {
        switch ending {
        case .exited(.code(0)): .completed
        case .exited, .failedToStart: .failed
        case .stopped: .stopped
        case .timedOut: .timeout
        case .lost: .lost
        }
    }

    public var exit: ProcessExit? {
        switch ending {
        case .exited(let exit): exit
        case .stopped(let exit), .timedOut(let exit): exit
        case .failedToStart, .lost: nil
        }
    }

    /// Nil when a signal ended the process or its end is unknown; never the shell's 128 + n.
    public var exitCode: Int32? {
        if case .code(let code) = exit { code } else { nil }
    }

    public var signal: Int32? {
        if case .signal(let signal) = exit { signal } else { nil }
    }
}

extension JobOutcome {
    /// The outcome that a store's columns describe.
    ///
    /// - Returns: Nil when the status is not final. A `failed` job with neither code nor signal could not be started.
    public init?(
        status: JobStatus, exitCode: Int32?, signal: Int32?, reason: String? = nil, usage: ResourceUsage? = nil
    ) {
        let exit: ProcessExit? = signal.map { .signal($0) } ?? exitCode.map { .code($0) }
        let ending: Ending
        switch status {
        case .queued, .running: return nil
        case .completed: ending = .exited(.code(0))
        case .failed: ending = exit.map { .exited($0) } ?? .failedToStart
        case .stopped: ending = .stopped(exit)
        case .timeout: ending = .timedOut(exit)
        case .lost: ending = .lost
        }
        self.init(ending, reason: reason, usage: usage)
    }
}
