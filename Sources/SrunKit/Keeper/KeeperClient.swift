import CPTY
import Foundation
import Synchronization

/// The worker's side of the connection to its keeper.
///
/// One thread reads; whatever waits for an answer is woken from there. When the keeper is gone nothing of this process may go on:
/// its jobs are killed, since nobody could reap or stop them, and the process ends at once. The next start tells them lost.
public final class KeeperClient: Sendable {
    /// What the keeper asks the server to do.
    public enum Request: Sendable {
        /// Stop the jobs and end; the second time in a hurry.
        case end(hurry: Bool)
        /// Finish what is being answered and end, without touching a job: for another server, or for the next start.
        case leave(isLast: Bool)
    }

    struct Handover: Sendable {
        let job: KeptJob
        let descriptors: [Descriptor]
    }

    typealias SpawnResult = Result<Handover, LaunchError>

    /// The process that leads the session of a job, and what tells it from a later one with its number.
    private struct Leader {
        let process: Int32
        let began: UInt64?

        /// Of a job as the keeper has just told of it: it has not reaped the process, or has only just, so the number means it. Nil for
        /// one that has ended.
        init?(of job: KeptJob) {
            guard job.end == nil else { return nil }
            process = job.processID
            began = ProcessTree.beginning(of: job.processID)
        }
    }

    private struct State {
        var machine = WorkerMachine()
        var requests: [UInt32: CheckedContinuation<SpawnResult, Never>] = [:]
        var nextRequest: UInt32 = 1
        var ends: [JobID: OneShot<KeptEnd>] = [:]
        /// Of jobs that have not ended.
        var processes: [JobID: Leader] = [:]
        var adopted: [Handover] = []
        var kept: [String: Descriptor] = [:]
        var isUsable: String?
        var upgrade: OneShot<String?>?
    }

    /// The exit code of a worker without a keeper (sysexits(3), EX_UNAVAILABLE).
    private static let orphaned: Int32 = 69

    private let channel: KeeperChannel
    /// Whether this keeper outlives the process that somebody starts.
    public let stays: Bool
    private let state = Mutex(State())
    private let begun = OneShot<Void>()
    public let requests: AsyncStream<Request>
    private let requestSink: AsyncStream<Request>.Continuation

    /// The connection that this process was started with; nil when it is no worker.
    public static func fromEnvironment() -> KeeperClient? {
        guard let text = getenv(KeeperProgram.variable).flatMap({ Int32(String(cString: $0)) }) else { return nil }
        // Neither jobs nor anything else that is started may take it for theirs.
        unsetenv(KeeperProgram.variable)
        let stays = getenv(KeeperProgram.stayingVariable) != nil
        unsetenv(KeeperProgram.stayingVariable)
        guard fcntl(text, F_SETFD, FD_CLOEXEC) == 0 else { return nil }
        cpty_set_name(KeeperProgram.workerName)
        return KeeperClient(KeeperChannel(descriptor: Descriptor(text)), stays: stays)
    }

    init(_ channel: KeeperChannel, stays: Bool = false) {
        self.channel = channel
        self.stays = stays
        (requests, requestSink) = AsyncStream.makeStream()
    }

    /// Says hello and waits until the keeper lets this worker begin, which in an upgrade is when the other one has left.
    ///
    /// - Parameters:
    ///   - leavesJobs: At the end jobs are left to the next start.
    ///   - folder: Asks for a keeper that outlives whoever starts it, and is found by this folder. Then this process ends here, and
    ///     that keeper starts another one.
    /// - Throws: ``LaunchError`` when the keeper cannot be worked with.
    public func begin(build: String, leavesJobs: Bool = false, stayingIn folder: String? = nil)
        async throws(LaunchError)
    {
        send(
            .hello(
                version: KeeperProtocol.version, oldest: KeeperProtocol.oldestVersion, build: build,
                WorkerWishes(leavesJobs: leavesJobs, stayingIn: folder)))
        let thread = Thread { [self] in read() }
        thread.name = "srun-keeper"
        thread.stackSize = 512 * 1024
        thread.start()
        _ = await begun.value()
        if let problem = state.withLock({ $0.isUsable }) {
            throw LaunchError(errorNumber: EPROTO, description: problem)
        }
    }

    /// The process that people see as srun.
    public var owner: Int32 { state.withLock { $0.machine.owner } }

    /// How many workers there were before this one.
    public var restarts: Int64 { state.withLock { $0.machine.restarts } }

    /// Tells the keeper that this worker serves, so that from now on its end is a crash.
    public func ready(_ terms: WorkerTerms) {
        send(.ready(terms))
    }

    /// Tells the keeper that this server is about to end on purpose.
    public func announceEnd() { send(.ending) }

    /// Asks for the program that is installed now to take this one's place.
    ///
    /// - Returns: Why it does not; nil when it does, and this worker is about to be told to leave.
    public func upgrade() async -> String? {
        let answer = state.withLock { state -> OneShot<String?> in
            if let pending = state.upgrade, pending.current == nil { return pending }
            let answer = OneShot<String?>()
            state.upgrade = answer
            return answer
        }
        send(.upgrade)
        return await answer.value() ?? nil
    }

    /// A copy of a descriptor that an earlier worker has given the keeper under this name.
    public func takeKept(_ name: String) -> Int32? {
        state.withLock { state in
            guard let descriptor = state.kept.removeValue(forKey: name) else { return nil }
            let copy = fcntl(descriptor.number, F_DUPFD_CLOEXEC, 0)
            return copy >= 0 ? copy : nil
        }
    }

    /// The names of what is still there to be taken.
    public var keptNames: [String] { state.withLock { Array($0.kept.keys) } }

    /// Gives the keeper a copy of a descriptor, for the next worker.
    public func keep(_ number: Int32, as name: String) {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { return }
        send(.keep(name), [Descriptor(copy)])
    }

    public func drop(_ name: String) {
        state.withLock { $0.kept[name] = nil }
        send(.drop(name))
    }

    // MARK: Jobs

    func spawn(_ order: SpawnOrder) async -> SpawnResult {
        await withCheckedContinuation { continuation in
            let request = state.withLock { state in
                defer { state.nextRequest &+= 1 }
                state.requests[state.nextRequest] = continuation
                return state.nextRequest
            }
            guard send(.spawn(request: request, order)) else {
                // The keeper is gone, and this process goes with it: until then nothing is said of a job that did not begin.
                if errno == EPIPE || errno == ECONNRESET { return }
                let failure = LaunchError(doing: "asking the keeper")
                state.withLock { $0.requests.removeValue(forKey: request) }?.resume(returning: .failure(failure))
                return
            }
        }
    }

    func adopted() -> [Handover] {
        state.withLock { state in
            defer { state.adopted = [] }
            return state.adopted
        }
    }

    /// Fulfilled with the end of a job's process.
    func end(of job: JobID) -> OneShot<KeptEnd> {
        state.withLock { Self.end(of: job, in: &$0) }
    }

    func release(_ job: JobID) {
        state.withLock { state in
            state.ends[job] = nil
            state.processes[job] = nil
        }
        send(.release(job))
    }

    func note(_ text: String, about job: JobID) { send(.note(job, text)) }

    private static func end(of job: JobID, in state: inout State) -> OneShot<KeptEnd> {
        if let end = state.ends[job] { return end }
        let end = OneShot<KeptEnd>()
        state.ends[job] = end
        return end
    }

    // MARK: The thread

    private func read() {
        while true {
            switch channel.receive() {
            case .nothing: continue
            case .gone: endWithKeeper()
            case .message(let received):
                guard let message = try? KeeperMessage(bytes: received.bytes) else { endWithKeeper() }
                take(message, received)
            }
        }
    }

    private func take(_ message: KeeperMessage, _ received: KeeperChannel.Received) {
        let isWhole =
            switch message {
            case .kept: received.descriptors.count == 1
            case .job(let job), .spawned(_, let job):
                received.descriptors.count == KeeperSpawn.Place.count(isTerminal: job.isTerminal)
            default: true
            }
        let actions = state.withLock { $0.machine.handle(message, hasAllDescriptors: isWhole) }
        for action in actions { perform(action, received.descriptors) }
    }

    private func perform(_ action: WorkerMachine.Action, _ descriptors: [Descriptor]) {
        switch action {
        case .started(let request, let job):
            let leader = Leader(of: job)
            let continuation = state.withLock { state in
                note(job, leader, in: &state)
                return state.requests.removeValue(forKey: request)
            }
            continuation?.resume(returning: .success(Handover(job: job, descriptors: descriptors)))
        case .failed(let request, let errorNumber, let reason):
            let failure = LaunchError(errorNumber: errorNumber, description: reason)
            state.withLock { $0.requests.removeValue(forKey: request) }?.resume(returning: .failure(failure))
        case .adopt(let job):
            let leader = Leader(of: job)
            state.withLock { state in
                note(job, leader, in: &state)
                state.adopted.append(Handover(job: job, descriptors: descriptors))
            }
        case .ended(let job, let end):
            let event = state.withLock { state in
                state.processes[job] = nil
                return Self.end(of: job, in: &state)
            }
            event.fulfil(end)
        case .keep(let name):
            if let descriptor = descriptors.first { state.withLock { $0.kept[name] = descriptor } }
        case .begin: begun.fulfil(())
        case .end(let hurry): requestSink.yield(.end(hurry: hurry))
        case .leave(let isLast):
            if !isLast { state.withLock { $0.upgrade }?.fulfil(nil) }
            requestSink.yield(.leave(isLast: isLast))
        case .upgradeRefused(let reason): state.withLock { $0.upgrade }?.fulfil(reason)
        case .send(let message, let milliseconds):
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
                send(message)
            }
        case .giveUp(let job, let request):
            ProcessTree(job: job.job, session: job.end == nil ? job.processID : nil).signal(SIGKILL)
            release(job.job)
            let failure = LaunchError(doing: "receiving the descriptors of a job", errorNumber: EMFILE)
            let continuation = state.withLock { state in request.flatMap { state.requests.removeValue(forKey: $0) } }
            continuation?.resume(returning: .failure(failure))
        case .unusable(let reason):
            state.withLock { $0.isUsable = reason }
            begun.fulfil(())
        }
    }

    private func note(_ job: KeptJob, _ leader: Leader?, in state: inout State) {
        state.processes[job.job] = leader
        if let end = job.end { Self.end(of: job.job, in: &state).fulfil(end) }
    }

    /// When the process of a job began; nil once it has ended.
    func beginning(of job: JobID) -> UInt64? { state.withLock { $0.processes[job]?.began } }

    private func endWithKeeper() -> Never {
        let processes = state.withLock { $0.processes }
        // Again for what was being forked meanwhile.
        for _ in 0..<2 {
            for (job, leader) in processes {
                ProcessTree(job: job, session: leader.process, began: leader.began).signal(SIGKILL)
            }
        }
        _exit(Self.orphaned)
    }

    @discardableResult
    private func send(_ message: WorkerMessage, _ descriptors: [Descriptor] = []) -> Bool {
        channel.send(message.bytes, descriptors) == .sent
    }
}
