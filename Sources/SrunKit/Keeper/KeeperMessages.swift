/// What a worker tells the keeper.
enum WorkerMessage: Hashable, Sendable {
    /// The first message: which versions of the protocol it speaks, which build it is, and what it wants to become of its jobs.
    case hello(version: UInt16, oldest: UInt16, build: String, WorkerWishes)
    /// It serves. From here on its end is a crash, and it is started anew.
    case ready(WorkerTerms)
    case spawn(request: UInt32, SpawnOrder)
    /// The descriptors of a job did not arrive: please send them again.
    case again(JobID)
    /// The end of the job is stored: the keeper may forget it.
    case release(JobID)
    /// Something to remember about a job for the next worker.
    case note(JobID, String)
    /// Keep this descriptor for the next worker, under a name. A second one of the same name takes the place of the first.
    case keep(String)
    case drop(String)
    /// It was asked to end by other means than the keeper. One that stops its jobs is about to.
    case ending
    /// Put the program that is now installed in this worker's place.
    case upgrade

    var kind: UInt16 {
        switch self {
        case .hello: 1
        case .ready: 2
        case .spawn: 3
        case .again: 4
        case .release: 5
        case .note: 6
        case .keep: 7
        case .drop: 8
        case .ending: 9
        case .upgrade: 10
        }
    }

    var bytes: [UInt8] {
        var writer = FieldWriter(kind: kind)
        switch self {
        case .hello(let version, let oldest, let build, let wishes):
            writer.put(.version, Int64(version))
            writer.put(.oldestVersion, Int64(oldest))
            writer.put(.build, build)
            writer.put(.leavesJobs, wishes.leavesJobs)
            if let folder = wishes.stayingIn { writer.put(.folder, folder) }
        case .ready(let terms):
            writer.put(.endsWithWorker, terms.endsWithWorker)
            writer.put(.leavesJobs, terms.leavesJobs)
            if let folder = terms.folder { writer.put(.folder, folder) }
            if let store = terms.store { writer.put(.store, store) }
        case .spawn(let request, let order):
            writer.put(.request, Int64(request))
            order.put(into: &writer)
        case .again(let job), .release(let job):
            writer.put(.job, job.text)
        case .note(let job, let text):
            writer.put(.job, job.text)
            writer.put(.note, text)
        case .keep(let name), .drop(let name):
            writer.put(.name, name)
        case .ending, .upgrade: break
        }
        return writer.bytes
    }

    init(bytes: [UInt8]) throws(KeeperProtocolError) {
        let reader = try FieldReader(bytes)
        switch reader.kind {
        case 1:
            self = .hello(
                version: try reader.required(reader.number(.version, as: UInt16.self)),
                oldest: try reader.required(reader.number(.oldestVersion, as: UInt16.self)),
                build: reader.text(.build) ?? "",
                WorkerWishes(leavesJobs: reader.isTrue(.leavesJobs), stayingIn: reader.text(.folder)))
        case 2:
            self = .ready(
                WorkerTerms(
                    endsWithWorker: reader.isTrue(.endsWithWorker), leavesJobs: reader.isTrue(.leavesJobs),
                    folder: reader.text(.folder), store: reader.text(.store)))
        case 3:
            self = .spawn(
                request: try reader.required(reader.number(.request, as: UInt32.self)), try SpawnOrder(from: reader))
        case 4: self = .again(try reader.job())
        case 5: self = .release(try reader.job())
        case 6: self = .note(try reader.job(), reader.text(.note) ?? "")
        case 7: self = .keep(try reader.required(reader.text(.name)))
        case 8: self = .drop(try reader.required(reader.text(.name)))
        case 9: self = .ending
        case 10: self = .upgrade
        default: throw .malformed
        }
    }
}

/// What a worker says of its jobs before it begins.
struct WorkerWishes: Hashable, Sendable {
    /// At the end jobs are left to the next start.
    var leavesJobs = false
    /// Its jobs belong with a keeper that outlives whoever starts it, and that is found by this folder.
    var stayingIn: String?
}

/// What the keeper has to know of the settings.
public struct WorkerTerms: Hashable, Sendable {
    /// The worker's store goes with it, so there is nothing that a next worker could go on with.
    public var endsWithWorker = false
    /// At the end jobs are left to the next start.
    public var leavesJobs = false
    /// The state folder, if there is one.
    public var folder: String?
    /// For people and for comparison: where the jobs are written down.
    public var store: String?

    public init(
        endsWithWorker: Bool = false, leavesJobs: Bool = false, folder: String? = nil, store: String? = nil
    ) {
        self.endsWithWorker = endsWithWorker
        self.leavesJobs = leavesJobs
        self.folder = folder
        self.store = store
    }
}

/// What the keeper tells a worker.
enum KeeperMessage: Hashable, Sendable {
    /// The answer to hello, when the worker may begin. `owner` is the process that people see as srun.
    case welcome(version: UInt16, owner: Int32, restarts: Int64)
    /// A descriptor that an earlier worker wanted kept.
    case kept(String)
    /// A job of an earlier worker, with its descriptors; ``begin`` follows the last one.
    case job(KeptJob)
    case begin
    case spawned(request: UInt32, KeptJob)
    case refused(request: UInt32, errorNumber: Int32, reason: String)
    case ended(JobID, KeptEnd)
    /// Stop the jobs and end.
    case end(hurry: Bool)
    /// Make place for the next worker: finish what is being answered, and end without touching any job.
    ///
    /// - isLast: Nobody waits to take the place; the next start does, some time.
    case leave(isLast: Bool)
    /// Why there was no upgrade. When there is one, ``leave`` comes.
    case upgradeRefused(String)

    var kind: UInt16 {
        switch self {
        case .welcome: 1
        case .kept: 2
        case .job: 3
        case .begin: 4
        case .spawned: 5
        case .refused: 6
        case .ended: 7
        case .end: 8
        case .leave: 9
        case .upgradeRefused: 10
        }
    }

    var bytes: [UInt8] {
        var writer = FieldWriter(kind: kind)
        switch self {
        case .welcome(let version, let owner, let restarts):
            writer.put(.version, Int64(version))
            writer.put(.owner, Int64(owner))
            writer.put(.restarts, restarts)
        case .kept(let name): writer.put(.name, name)
        case .job(let job): job.put(into: &writer)
        case .begin: break
        case .leave(let isLast): writer.put(.isLast, isLast)
        case .spawned(let request, let job):
            writer.put(.request, Int64(request))
            job.put(into: &writer)
        case .refused(let request, let errorNumber, let reason):
            writer.put(.request, Int64(request))
            writer.put(.errorNumber, Int64(errorNumber))
            writer.put(.reason, reason)
        case .ended(let job, let end):
            writer.put(.job, job.text)
            end.put(into: &writer)
        case .end(let hurry): writer.put(.isHurried, hurry)
        case .upgradeRefused(let reason): writer.put(.reason, reason)
        }
        return writer.bytes
    }

    init(bytes: [UInt8]) throws(KeeperProtocolError) {
        let reader = try FieldReader(bytes)
        switch reader.kind {
        case 1:
            self = .welcome(
                version: try reader.required(reader.number(.version, as: UInt16.self)),
                owner: try reader.required(reader.number(.owner, as: Int32.self)),
                restarts: reader.number(.restarts) ?? 0)
        case 2: self = .kept(try reader.required(reader.text(.name)))
        case 3: self = .job(try KeptJob(from: reader))
        case 4: self = .begin
        case 5:
            self = .spawned(
                request: try reader.required(reader.number(.request, as: UInt32.self)), try KeptJob(from: reader))
        case 6:
            self = .refused(
                request: try reader.required(reader.number(.request, as: UInt32.self)),
                errorNumber: reader.number(.errorNumber, as: Int32.self) ?? 0, reason: reader.text(.reason) ?? "")
        case 7: self = .ended(try reader.job(), try KeptEnd(from: reader))
        case 8: self = .end(hurry: reader.isTrue(.isHurried))
        case 9: self = .leave(isLast: reader.isTrue(.isLast))
        case 10: self = .upgradeRefused(reader.text(.reason) ?? "")
        default: throw .malformed
        }
    }
}
