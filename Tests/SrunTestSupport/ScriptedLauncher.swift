import NIOCore
public import SrunKit
import Synchronization

/// Starts nothing: a test says what each process prints, how it takes signals and how it ends.
public final class ScriptedLauncher: ProcessLauncher {
    private let script: @Sendable (ProcessLaunch) throws(LaunchError) -> ScriptedProcess
    private let launched = Mutex<[ProcessLaunch]>([])
    private let swept = Mutex<[JobID]>([])
    private let pending = Mutex<Set<JobID>>([])
    private let unlaunched: Set<JobID>

    /// - Parameters:
    ///   - neverLaunched: What an earlier server was about to launch.
    ///   - script: Makes the process of a launch; what it throws is the launch's failure.
    public init(
        neverLaunched: Set<JobID> = [],
        _ script: @escaping @Sendable (ProcessLaunch) throws(LaunchError) -> ScriptedProcess
    ) {
        self.script = script
        unlaunched = neverLaunched
        pending.withLock { $0 = neverLaunched }
    }

    /// A launcher, and the processes it has started.
    public static func watched() -> (ScriptedLauncher, AsyncStream<ScriptedProcess>) {
        let (processes, sink) = AsyncStream.makeStream(of: ScriptedProcess.self)
        let launcher = ScriptedLauncher { _ in
            let process = ScriptedProcess()
            sink.yield(process)
            return process
        }
        return (launcher, processes)
    }

    public func willLaunch(_ job: JobID) { pending.withLock { _ = $0.insert(job) } }
    public func willNotLaunch(_ job: JobID) { pending.withLock { _ = $0.remove(job) } }
    public func neverLaunched() async -> Set<JobID> { unlaunched }

    /// What a next server would be told that it was never launched.
    public var isAboutToLaunch: Set<JobID> { pending.withLock { $0 } }

    public func launch(_ launch: ProcessLaunch) async throws(LaunchError) -> any RunningProcess {
        launched.withLock { $0.append(launch) }
        willNotLaunch(launch.job)
        return try script(launch)
    }

    public func sweep(_ job: JobID) async -> Int {
        swept.withLock { $0.append(job) }
        return 0
    }

    public var launches: [ProcessLaunch] { launched.withLock { $0 } }
    public var sweeps: [JobID] { swept.withLock { $0 } }
}

/// A process that does what a test tells it.
public final class ScriptedProcess: RunningProcess {
    public let processID: Int32
    public var outputs: [any ProcessOutput] { streams }

    public let scriptedTerminal: ScriptedTerminal?
    public var terminal: (any ProcessTerminal)? { scriptedTerminal }

    /// Every signal sent to the tree, in order.
    public let signals: AsyncStream<Int32>

    private let streams: [ScriptedOutput]
    private let signalSink: AsyncStream<Int32>.Continuation
    private let onSignal: @Sendable (ScriptedProcess, Int32) -> Void
    private let ending = Event<ProcessTermination>()
    private let treeGone = Event<Void>()
    private let closed = Mutex(false)

    /// - Parameter onSignal: How it takes a signal; by default every signal ends it, and its tree, as the kernel would.
    public init(
        processID: Int32 = 4242, streams: [LogStream] = [.output], terminal: ScriptedTerminal? = ScriptedTerminal(),
        onSignal: @escaping @Sendable (ScriptedProcess, Int32) -> Void = { $0.end(.signal($1)) }
    ) {
        self.processID = processID
        self.streams = streams.map { ScriptedOutput(stream: $0) }
        self.onSignal = onSignal
        scriptedTerminal = terminal
        (signals, signalSink) = AsyncStream.makeStream()
    }

    public func print(_ text: String, on stream: LogStream = .output) {
        streams.first { $0.stream == stream }?.push(ByteBuffer(string: text))
    }

    /// The process ends; its output ends too, and no descendant is left, unless told otherwise.
    public func end(_ exit: ProcessExit, keepingOutputOpen: Bool = false, leavingDescendants: Bool = false) {
        if !keepingOutputOpen { for stream in streams { stream.finish() } }
        ending.happen(ProcessTermination(exit: exit))
        if !leavingDescendants { treeGone.happen(()) }
    }

    public var isClosed: Bool { closed.withLock { $0 } }

    public func termination() async -> ProcessTermination? { await ending.wait() }

    public func whenEnded(_ act: @escaping @Sendable (ProcessTermination) -> Void) { ending.whenHappened(act) }

    public func signalTree(_ signal: Int32) async {
        signalSink.yield(signal)
        onSignal(self, signal)
    }

    public func treeEnd() async { await treeGone.wait() }

    public func survivors() async -> [Int32] { treeGone.hasHappened ? [] : [processID] }

    public func close() async { closed.withLock { $0 = true } }
}

private final class ScriptedOutput: ProcessOutput {
    let stream: LogStream
    private let chunks: AsyncStream<ByteBuffer>
    private let sink: AsyncStream<ByteBuffer>.Continuation

    init(stream: LogStream) {
        self.stream = stream
        (chunks, sink) = AsyncStream.makeStream()
    }

    func push(_ bytes: ByteBuffer) { sink.yield(bytes) }
    func finish() { sink.finish() }

    func next() async -> OutputPiece? {
        var iterator = chunks.makeAsyncIterator()
        return await iterator.next().map { OutputPiece(stream: stream, bytes: $0) }
    }

    func available() -> OutputPiece? { nil }

    var isHeldOpen: Bool { true }
}
