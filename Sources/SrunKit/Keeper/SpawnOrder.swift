/// What the keeper needs to start a job. Everything has been decided by the worker: the keeper looks nothing up.
struct SpawnOrder: Hashable, Sendable {
    struct Limit: Hashable, Sendable {
        var resource: Int32
        var soft: UInt64
        var hard: UInt64
    }

    struct Identity: Hashable, Sendable {
        var user: UInt32
        var group: UInt32
        var supplementaryGroups: [UInt32]
    }

    var job: JobID
    var path: String
    var arguments: [String]
    /// `NAME=value`.
    var environment: [String]
    /// An absolute path.
    var directory: String
    /// Nil means pipes.
    var terminal: TerminalSize?
    var ringBytes: Int
    var limits: [Limit] = []
    var nice: Int32 = 0
    var allowsNewPrivileges = false
    /// Nil means the keeper's own.
    var identity: Identity?
    /// The files `cgroup.procs` of groups made for the job.
    var cgroups: [String] = []

    func put(into writer: inout FieldWriter) {
        writer.put(.job, job.text)
        writer.put(.path, path)
        for argument in arguments { writer.put(.argument, argument) }
        for variable in environment { writer.put(.environment, variable) }
        writer.put(.directory, directory)
        if let terminal {
            writer.put(.columns, Int64(terminal.columns))
            writer.put(.rows, Int64(terminal.rows))
        }
        writer.put(.ringBytes, Int64(ringBytes))
        for limit in limits {
            writer.put(.limitResource, Int64(limit.resource))
            writer.put(.limitSoft, Int64(bitPattern: limit.soft))
            writer.put(.limitHard, Int64(bitPattern: limit.hard))
        }
        writer.put(.nice, Int64(nice))
        writer.put(.allowsNewPrivileges, allowsNewPrivileges)
        if let identity {
            writer.put(.user, Int64(identity.user))
            writer.put(.group, Int64(identity.group))
            for group in identity.supplementaryGroups { writer.put(.supplementaryGroup, Int64(group)) }
        }
        for cgroup in cgroups { writer.put(.cgroup, cgroup) }
    }

    init(
        job: JobID, path: String, arguments: [String], environment: [String], directory: String,
        terminal: TerminalSize?, ringBytes: Int
    ) {
        self.job = job
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.directory = directory
        self.terminal = terminal
        self.ringBytes = ringBytes
    }

    init(from reader: FieldReader) throws(KeeperProtocolError) {
        job = try reader.job()
        path = try reader.required(reader.text(.path))
        arguments = reader.texts(.argument)
        environment = reader.texts(.environment)
        directory = try reader.required(reader.text(.directory))
        if let columns = reader.number(.columns, as: UInt16.self), let rows = reader.number(.rows, as: UInt16.self) {
            terminal = TerminalSize(columns: Int(columns), rows: Int(rows))
        }
        ringBytes = try reader.required(reader.number(.ringBytes, as: Int.self))
        guard SharedRing.capacities.contains(ringBytes) else { throw .malformed }
        let resources = reader.numbers(.limitResource)
        let softs = reader.numbers(.limitSoft)
        let hards = reader.numbers(.limitHard)
        guard resources.count == softs.count, softs.count == hards.count else { throw .malformed }
        limits = try resources.indices.map { (index) throws(KeeperProtocolError) in
            Limit(
                resource: try reader.required(Int32(exactly: resources[index])),
                soft: UInt64(bitPattern: softs[index]), hard: UInt64(bitPattern: hards[index]))
        }
        nice = reader.number(.nice, as: Int32.self) ?? 0
        allowsNewPrivileges = reader.isTrue(.allowsNewPrivileges)
        if let user = reader.number(.user, as: UInt32.self), let group = reader.number(.group, as: UInt32.self) {
            identity = Identity(
                user: user, group: group,
                supplementaryGroups: reader.numbers(.supplementaryGroup).compactMap { UInt32(exactly: $0) })
        }
        cgroups = reader.texts(.cgroup)
    }
}

/// A job as the keeper knows it.
struct KeptJob: Hashable, Sendable {
    var job: JobID
    var processID: Int32
    var isTerminal: Bool
    /// What a worker has left for the next one, at most ``noteLimit`` bytes; empty when it has left nothing.
    var note: String = ""
    var end: KeptEnd?

    static let noteLimit = 1024

    init(job: JobID, processID: Int32, isTerminal: Bool) {
        self.job = job
        self.processID = processID
        self.isTerminal = isTerminal
    }

    func put(into writer: inout FieldWriter) {
        writer.put(.job, job.text)
        writer.put(.process, Int64(processID))
        writer.put(.isTerminal, isTerminal)
        writer.put(.note, note)
        end?.put(into: &writer)
    }

    init(from reader: FieldReader) throws(KeeperProtocolError) {
        job = try reader.job()
        processID = try reader.required(reader.number(.process, as: Int32.self))
        isTerminal = reader.isTrue(.isTerminal)
        note = reader.text(.note) ?? ""
        end = reader.isTrue(.hasEnded) ? try KeptEnd(from: reader) : nil
    }
}

/// How a process ended (wait4(2)), kept until the worker has written it down.
struct KeptEnd: Hashable, Sendable {
    var waitStatus: Int32
    var userMicroseconds: Int64 = 0
    var systemMicroseconds: Int64 = 0
    /// 0 when it cannot be told.
    var peakBytes: Int64 = 0
    var readBytes: Int64 = 0
    var writtenBytes: Int64 = 0

    init(waitStatus: Int32) {
        self.waitStatus = waitStatus
    }

    func put(into writer: inout FieldWriter) {
        writer.put(.hasEnded, true)
        writer.put(.waitStatus, Int64(waitStatus))
        writer.put(.userMicroseconds, userMicroseconds)
        writer.put(.systemMicroseconds, systemMicroseconds)
        writer.put(.peakBytes, peakBytes)
        writer.put(.readBytes, readBytes)
        writer.put(.writtenBytes, writtenBytes)
    }

    init(from reader: FieldReader) throws(KeeperProtocolError) {
        waitStatus = try reader.required(reader.number(.waitStatus, as: Int32.self))
        userMicroseconds = reader.number(.userMicroseconds) ?? 0
        systemMicroseconds = reader.number(.systemMicroseconds) ?? 0
        peakBytes = reader.number(.peakBytes) ?? 0
        readBytes = reader.number(.readBytes) ?? 0
        writtenBytes = reader.number(.writtenBytes) ?? 0
    }

    var termination: ProcessTermination {
        ProcessTermination(
            exit: ProcessExit(waitStatus: waitStatus),
            usage: ResourceUsage(
                userSeconds: Double(userMicroseconds) / 1e6, systemSeconds: Double(systemMicroseconds) / 1e6,
                maxResidentBytes: peakBytes, readBytes: readBytes, writtenBytes: writtenBytes))
    }
}
