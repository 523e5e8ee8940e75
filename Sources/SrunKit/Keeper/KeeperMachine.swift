/// Decides what the keeper does. Pure: an event in, actions out; it starts, sends and closes nothing itself.
///
/// There is one worker at a time, and during an upgrade a second one that has said hello and waits until the first has left. Jobs
/// do not depend on either.
struct KeeperMachine {
    enum Slot: Hashable, Sendable {
        case current
        /// The worker of an upgrade, until it takes over.
        case next
    }

    enum WorkerEnd: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)

        var text: String {
            switch self {
            case .code(let code): "ended with code \(code)"
            case .signal(let signal): "was ended by signal \(signal)"
            }
        }
    }

    enum Timer: Hashable, Sendable {
        case restart
        /// The new worker of an upgrade does not say hello, or the old one does not leave.
        case upgrade
    }

    enum Event: Sendable {
        case message(WorkerMessage, from: Slot)
        case workerEnded(Slot, WorkerEnd)
        case spawned(request: UInt32, KeptJob)
        case spawnFailed(request: UInt32, errorNumber: Int32, reason: String)
        case jobEnded(processID: Int32, KeptEnd)
        /// Somebody wants to be served by a keeper that stays; with the process that people see as srun.
        case attached(Int32)
        /// That process was asked to end: whether jobs go on then is what the server was told.
        case frontEndRequested
        case frontGone
        /// The next start would not find this keeper, so it must not leave jobs to it.
        case cannotBeFound
        /// Somebody asks for the end of the jobs too; the second time in a hurry.
        case endRequested
        case upgradeRequested
        case timeOver(Timer)
    }

    enum Action: Hashable, Sendable {
        /// - newest: The program that is installed now, not the one that this keeper was started from.
        case startWorker(Slot, newest: Bool)
        case killWorker(Slot)
        /// The worker in `next` is from now on the one in `current`.
        case promote
        case send(KeeperMessage, to: Slot)
        case spawn(request: UInt32, SpawnOrder)
        /// Close what is kept of a job.
        case forget(JobID)
        case set(Timer, milliseconds: Int)
        case cancel(Timer)
        case killJobs
        case say(String)
        case exit(Int32)
        /// Have another keeper, which is found by this folder, do all of it. Nothing has begun yet.
        case becomeFront(String)
        /// Let the next start find this keeper in the folder.
        case openDoor(String)
        /// Let go of the front, and wait for the next one with the jobs there are.
        case rest(Int32)
        /// Close what was kept under a name.
        case drop(String)
    }

    struct Worker {
        var hasSaidHello = false
        var isWelcome = false
        var isReady = false
        /// It was told to leave.
        var isLeaving = false
        var version: UInt16 = 0
        var build = ""
    }

    enum Ending {
        case no, asked, hurried
        /// The server ends, and the jobs go on.
        case leaving

        /// Whether nobody has asked yet for the end of the jobs.
        var mayLeave: Bool { self == .no || self == .leaving }
    }

    /// The process that people see as srun.
    var owner: Int32
    let keeper: Int32
    let stays: Bool
    var hasFront = false
    var workers: [Slot: Worker] = [:]
    private(set) var jobs: [JobID: KeptJob] = [:]
    var keptNames: [String] = []
    var terms = WorkerTerms()
    var ending = Ending.no
    var hasServed = false
    var restarts: Int64 = 0
    var failuresInARow = 0
    var restartIsDue = false
    var usesNewest = false

    /// When the server fails again and again: so many times in a row are told, and so many are too many without any job to keep.
    private static let reportedFailures = 3
    private static let hopelessFailures = 6
    private static let longestPause = 10_000
    static let upgradeLimit = 30_000
    /// How long a server may take to end that leaves its jobs.
    static let leaveLimit = 10_000
    /// sysexits(3), EX_SOFTWARE: the server was killed or crashed.
    private static let crashed: Int32 = 70

    init(owner: Int32, stays: Bool = false) {
        self.owner = owner
        keeper = owner
        self.stays = stays
    }

    /// The process that is served or was until its worker is gone; nil when somebody else may be.
    var server: Int32? { hasFront || !workers.isEmpty || ending != .no || restartIsDue ? owner : nil }

    /// Where the jobs are written down.
    var store: String? { terms.store }

    mutating func start() -> [Action] {
        workers[.current] = Worker()
        return [.startWorker(.current, newest: false)]
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .message(let message, let slot): handle(message, from: slot)
        case .workerEnded(.current, let end): currentEnded(end)
        case .workerEnded(.next, let end): nextFailed("the new version \(end.text)")
        case .spawned(let request, let job): spawned(request, job)
        case .spawnFailed(let request, let errorNumber, let reason):
            tell(.refused(request: request, errorNumber: errorNumber, reason: reason))
        case .jobEnded(let processID, let end): jobEnded(processID, end)
        case .attached(let process): attached(process)
        case .frontEndRequested: terms.leavesJobs && ending.mayLeave ? leave() : endRequested()
        case .frontGone: frontGone()
        case .cannotBeFound: cannotBeFound()
        case .endRequested: endRequested()
        case .upgradeRequested: upgrade()
        case .timeOver(.restart): restart()
        case .timeOver(.upgrade): upgradeTimeOver()
        }
    }

    // MARK: What workers say

    private mutating func handle(_ message: WorkerMessage, from slot: Slot) -> [Action] {
        if case .hello(let version, let oldest, let build, let wishes) = message {
            return hello(version: version, oldest: oldest, build: build, wishes, from: slot)
        }
        guard slot == .current, workers[.current]?.isWelcome == true else { return [] }
        switch message {
        case .hello: return []
        case .ready(let terms):
            return ready(terms)
        case .spawn(let request, let order):
            guard jobs[order.job] == nil else {
                return tell(.refused(request: request, errorNumber: 17, reason: "the job runs already"))
            }
            return [.spawn(request: request, order)]
        case .again(let job):
            return jobs[job].map { tell(.job($0)) } ?? []
        case .release(let job):
            return jobs.removeValue(forKey: job) == nil ? [] : [.forget(job)]
        case .note(let job, let text):
            if text.utf8.count <= KeptJob.noteLimit { jobs[job]?.note = text }
            return []
        case .keep(let name):
            if !keptNames.contains(name) { keptNames.append(name) }
            return []
        case .drop(let name):
            keptNames.removeAll { $0 == name }
            return []
        case .ending:
            guard ending == .no else { return [] }
            // One that leaves its jobs waits for the word to do so.
            if terms.leavesJobs { return leave() }
            ending = .asked
            return []
        case .upgrade: return upgrade()
        }
    }

    private mutating func ready(_ terms: WorkerTerms) -> [Action] {
        self.terms = terms
        self.terms.leavesJobs = terms.leavesJobs && stays
        hasServed = true
        workers[.current]?.isReady = true
        failuresInARow = 0
        return stays ? terms.folder.map { [.openDoor($0)] } ?? [] : []
    }

    private mutating func hello(
        version: UInt16, oldest: UInt16, build: String, _ wishes: WorkerWishes, from slot: Slot
    ) -> [Action] {
        guard var worker = workers[slot], !worker.hasSaidHello else { return [] }
        guard let common = KeeperProtocol.common(version: version, oldest: oldest) else {
            let reason =
                "srun \(build) speaks versions \(oldest) to \(version) of the protocol between server and keeper, and "
                + "this keeper speaks \(KeeperProtocol.oldestVersion) to \(KeeperProtocol.version): end srun and start it anew"
            guard slot == .next else { return [.say(reason), .killWorker(slot)] }
            return nextFailed(reason) + [.killWorker(.next)]
        }
        worker.hasSaidHello = true
        worker.version = common
        worker.build = build
        workers[slot] = worker
        guard slot == .current else { return [.send(.leave(isLast: false), to: .current)] }
        if let folder = wishes.stayingIn, !stays, !hasServed, jobs.isEmpty, ending == .no {
            return [.becomeFront(folder)]
        }
        terms.leavesJobs = wishes.leavesJobs && stays
        return welcome()
    }

    /// Everything that an earlier worker has left, and the word to begin.
    mutating func welcome() -> [Action] {
        guard let version = workers[.current]?.version else { return [] }
        workers[.current]?.isWelcome = true
        var messages: [KeeperMessage] = [.welcome(version: version, owner: owner, restarts: restarts)]
        messages += keptNames.map { .kept($0) }
        messages += jobs.values.sorted { $0.job < $1.job }.map { .job($0) }
        messages.append(.begin)
        switch ending {
        case .no: break
        case .asked, .hurried: messages.append(.end(hurry: ending == .hurried))
        case .leaving: messages.append(.leave(isLast: true))
        }
        return messages.map { .send($0, to: .current) }
    }

    // MARK: Jobs

    private mutating func spawned(_ request: UInt32, _ job: KeptJob) -> [Action] {
        jobs[job.job] = job
        return tell(.spawned(request: request, job))
    }

    private mutating func jobEnded(_ processID: Int32, _ end: KeptEnd) -> [Action] {
        // Any other child is an orphan of a job, of which nobody wants to know how it ended.
        guard let job = jobs.values.first(where: { $0.processID == processID && $0.end == nil }) else { return [] }
        jobs[job.job]?.end = end
        return tell(.ended(job.job, end))
    }

    /// A worker that has not begun yet gets everything when it does.
    func tell(_ message: KeeperMessage) -> [Action] {
        workers[.current]?.isWelcome == true ? [.send(message, to: .current)] : []
    }

    var liveJobs: Int { jobs.values.count { $0.end == nil } }

    // MARK: The life of workers

    private mutating func currentEnded(_ end: WorkerEnd) -> [Action] {
        let worker = workers.removeValue(forKey: .current)
        let code =
            switch end {
            case .code(let code): code
            case .signal: Self.crashed
            }
        switch ending {
        // One that had to be killed on its way out has done no harm.
        case .leaving: return rest(worker?.isReady == true ? 0 : code)
        case .asked, .hurried:
            // It was on its way out without them when somebody asked for their end.
            if worker?.isLeaving == true, !jobs.isEmpty { return [.cancel(.upgrade)] + restart() }
            return [.killJobs, .exit(code)]
        case .no where !hasServed:
            // A start that fails does nothing to the jobs of an earlier one.
            return stays ? rest(code) : [.killJobs, .exit(code)]
        case .no: break
        }
        if let next = workers[.next], next.hasSaidHello {
            workers[.current] = next
            workers[.next] = nil
            restarts += 1
            usesNewest = true
            return [.cancel(.upgrade), .promote, .say("upgraded to srun \(next.build)")] + welcome()
        }
        if terms.endsWithWorker {
            return [
                .say("the server \(end.text), and its jobs were in its memory only"), .killJobs,
                .exit(code == 0 ? Self.crashed : code),
            ]
        }
        failuresInARow += 1
        var actions: [Action] = [.say("the server \(end.text); starting it again, \(liveJobs) jobs go on")]
        if failuresInARow >= Self.reportedFailures, worker?.isReady != true {
            actions.append(.say("the server has failed \(failuresInARow) times in a row"))
        }
        if failuresInARow >= Self.hopelessFailures, jobs.isEmpty {
            return actions + [.say("giving up"), .exit(code == 0 ? Self.crashed : code)]
        }
        let pause = failuresInARow == 1 ? 0 : min(Self.longestPause, 50 << min(failuresInARow, 10))
        restartIsDue = true
        return actions + [.set(.restart, milliseconds: pause)]
    }

    mutating func restart() -> [Action] {
        restartIsDue = false
        guard workers[.current] == nil else { return [] }
        workers[.current] = Worker()
        restarts += 1
        return [.startWorker(.current, newest: usesNewest)]
    }

    mutating func endRequested() -> [Action] {
        let isFirst = ending.mayLeave
        ending = isFirst ? .asked : .hurried
        var actions: [Action] = []
        if workers[.next] != nil { actions += [.killWorker(.next), .cancel(.upgrade)] }
        if workers[.current] == nil {
            // Between two workers: only a worker can stop jobs properly and write down that it has.
            return actions + [.cancel(.restart)] + restart()
        }
        return actions + tell(.end(hurry: !isFirst))
    }
}
