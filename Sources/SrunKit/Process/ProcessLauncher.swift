public import NIOCore

/// Starts processes: the seam between the engine and the operating system.
///
/// `LocalProcessLauncher` is the real one; tests use a scripted one.
public protocol ProcessLauncher: Sendable {
    /// Starts a job's command.
    ///
    /// - Throws: ``LaunchError`` when no process came to be. A command that ends at once, with whatever code, was started.
    func launch(_ launch: ProcessLaunch) async throws(LaunchError) -> any RunningProcess

    /// Says that a job is about to be claimed in the store, and ``launch(_:)`` to be called. Should this server die in between, the
    /// next one finds the job among those that were ``neverLaunched()``.
    func willLaunch(_ job: JobID)

    /// Takes back what ``willLaunch(_:)`` has said. After ``launch(_:)`` there is nothing to take back.
    func willNotLaunch(_ job: JobID)

    /// The jobs that an earlier server was about to launch, and of which it is certain that none has run: not even for a moment.
    func neverLaunched() async -> Set<JobID>

    /// The jobs that an earlier server of this launcher has left running, or that have ended since without anybody to write it
    /// down. Asked once, at the start; whoever asks takes over every one of them.
    func adopt() async -> [JobID: any RunningProcess]

    /// Ends whatever is left of a job that a server which no longer lives had started. Finding nothing is the usual case.
    ///
    /// - Returns: How many processes were found and killed.
    func sweep(_ job: JobID) async -> Int
}

extension ProcessLauncher {
    /// A launcher whose processes end with it has nothing to hand on.
    public func adopt() async -> [JobID: any RunningProcess] { [:] }
    public func willLaunch(_ job: JobID) {}
    public func willNotLaunch(_ job: JobID) {}
    public func neverLaunched() async -> Set<JobID> { [] }
}

/// Everything a process needs to be started.
public struct ProcessLaunch: Sendable {
    public let job: JobID
    public let command: JobSpec.Command
    /// An absolute path; nil means the home folder.
    public let workingDirectory: String?
    /// The whole environment: nothing is inherited.
    public let environment: [String: String]
    public let terminal: TerminalSize?
    public let limits: JobLimits
    public let nice: Int
    public let confinement: JobConfinement

    public init(
        job: JobID, command: JobSpec.Command, workingDirectory: String?, environment: [String: String],
        terminal: TerminalSize?, limits: JobLimits = .none, nice: Int = 0,
        confinement: JobConfinement = JobConfinement()
    ) {
        self.limits = limits
        self.nice = nice
        self.confinement = confinement
        self.job = job
        self.command = command
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.terminal = terminal
    }
}

/// Why no process came to be.
public struct LaunchError: Error, Hashable, Sendable, CustomStringConvertible {
    /// errno(3).
    public let errorNumber: Int32
    public let description: String

    public init(errorNumber: Int32, description: String) {
        self.errorNumber = errorNumber
        self.description = description
    }
}

/// A process that was started and everything that descends from it: its tree.
public protocol RunningProcess: Sendable {
    var processID: Int32 { get }

    /// One or two, which between them have everything.
    var outputs: [any ProcessOutput] { get }

    /// The way to those who read its terminal; nil on pipes.
    var terminal: (any ProcessTerminal)? { get }

    /// Where output is kept that is not stored yet, when this process ends before its jobs; nil when they end together.
    var journal: (any OutputJournal)? { get }

    /// What ``remember(_:)`` has left for whoever adopts the process; empty when nothing.
    var note: String { get }

    /// Whether it is held by SIGSTOP.
    var isHeld: Bool { get }

    /// For people: why it ended as it did, when its exit does not say it; asked after its end.
    var endRemark: String? { get }

    /// Leaves a word for whoever adopts the process next.
    func remember(_ note: String)

    /// Waits for the process itself, not for its descendants. Further calls return the same.
    ///
    /// - Returns: Nil when the waiting task was cancelled before.
    func termination() async -> ProcessTermination?

    /// Acts once, when the process itself has ended, or now when it has already; in whichever thread learns it, which must not be held
    /// up. After ``close()`` it may never act.
    func whenEnded(_ act: @escaping @Sendable (ProcessTermination) -> Void)

    /// Sends a signal to every process of the tree that can be found. A tree that is gone is not an error.
    func signalTree(_ signal: Int32) async

    /// Waits until no process of the tree is alive, or the task is cancelled.
    func treeEnd() async

    /// The processes of the tree that are alive now, found as well as it can be done cheaply. The process itself is left out
    /// once it has ended.
    func survivors() async -> [Int32]

    /// Lets go of descriptors. On a terminal this hangs up. Called once, last.
    func close() async
}

extension RunningProcess {
    public var journal: (any OutputJournal)? { nil }
    public var note: String { "" }
    public var endRemark: String? { nil }
    public var isHeld: Bool { false }
    public func remember(_ note: String) {}
}

/// What a person at a job's terminal can do to it.
public protocol ProcessTerminal: Sendable {
    /// Types bytes, all of them and in one piece, whoever else types too. Waits while the programs on the terminal do not
    /// read; nothing but the caller is held up by that.
    ///
    /// - Returns: False when the terminal is gone or the task was cancelled; a part may have been typed then.
    func write(_ bytes: ByteBuffer) async -> Bool

    /// Changes the size, of which the programs on the terminal are told by SIGWINCH.
    ///
    /// - Returns: False when the terminal is gone.
    func resize(to size: TerminalSize) -> Bool
}

/// Bytes that come out of a process, in order.
public protocol ProcessOutput: Sendable {
    /// Waits for more bytes; called from one task.
    ///
    /// - Returns: Nil at the end of output, or when the task was cancelled while nothing was there.
    func next() async -> OutputPiece?

    /// The same without waiting: nil also when nothing is there.
    func available() -> OutputPiece?

    /// Whether somebody can still write to it. What nobody can write to has an end, behind what is left to read.
    var isHeldOpen: Bool { get }
}

/// Bytes of one stream.
public struct OutputPiece: Sendable, Hashable {
    public let stream: LogStream
    public let bytes: ByteBuffer

    public init(stream: LogStream, bytes: ByteBuffer) {
        self.stream = stream
        self.bytes = bytes
    }
}

public struct ProcessTermination: Hashable, Sendable {
    public let exit: ProcessExit
    public let usage: ResourceUsage?

    public init(exit: ProcessExit, usage: ResourceUsage? = nil) {
        self.exit = exit
        self.usage = usage
    }
}
