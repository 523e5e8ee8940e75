import Foundation

/// The control group of one job (cgroups(7)).
///
/// Where a group of version 2 was handed to srun, each job has one below it. Elsewhere one is made only for limits that nothing else
/// can enforce: in version 2 where its controllers are ours to use, otherwise in the hierarchies of version 1. Where neither may be
/// written, there is none, and ``make(_:)`` makes nothing.
struct JobCgroup: Sendable {
    let place: CgroupPlace
    private let name: String
    private static let prefix = "srun-"

    init(_ job: JobID, in place: CgroupPlace = .here) {
        name = "\(Self.prefix)\(job)"
        self.place = place
    }

    struct Groups: Hashable, Sendable {
        /// The files `cgroup.procs` that the job's first process joins by.
        var joined: [String] = []
        var limited: Set<CgroupPlace.Controller> = []
    }

    /// Makes the group that every job has, if it does, and those that these limits need.
    func make(_ limits: JobLimits) -> Groups {
        var joined: Set<String> = []
        var limited: Set<CgroupPlace.Controller> = []
        if let home = place.home.map({ "\($0)/\(name)" }), Self.makeFolder(home) {
            joined.insert("\(home)/cgroup.procs")
        }
        func limit(_ controller: CgroupPlace.Controller, _ files: [(String, String)]) {
            guard let folder = folder(controller), Self.makeFolder(folder) else { return }
            for (file, text) in files {
                // Not every kernel counts swap; the others are what the limit is.
                let isSet = KernelFile.write(text, to: "\(folder)/\(file)")
                if !isSet, !file.contains("swap") && !file.contains("memsw") { return }
            }
            joined.insert("\(folder)/cgroup.procs")
            limited.insert(controller)
        }
        if let bytes = limits.memoryBytes {
            limit(
                .memory,
                place.isVersion1
                    ? [("memory.limit_in_bytes", "\(bytes)"), ("memory.memsw.limit_in_bytes", "\(bytes)")]
                    : [("memory.max", "\(bytes)"), ("memory.swap.max", "0")])
        }
        if let processes = limits.processes { limit(.pids, [("pids.max", "\(processes)")]) }
        if let cores = limits.cpuCores {
            let quota = max(1000, Int(cores * 100_000))
            limit(
                .cpu,
                place.isVersion1
                    ? [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "\(quota)")]
                    : [("cpu.max", "\(quota) 100000")])
        }
        return Groups(joined: joined.sorted(), limited: limited)
    }

    private static func makeFolder(_ path: String) -> Bool { mkdir(path, 0o755) == 0 || errno == EEXIST }

    /// How many of its processes the kernel has killed because there was no memory left.
    private var memoryKills: Int {
        guard let folder = folder(.memory),
            let text = KernelFile.text("\(folder)/\(place.isVersion1 ? "memory.oom_control" : "memory.events")")
        else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int(line.dropFirst("oom_kill ".count)) ?? 0
        }
        return 0
    }

    /// A group of version 2 that every job has may have no limit; one of version 1 is made for it.
    private var hasMemoryLimit: Bool {
        place.isVersion1 || folder(.memory).map { KernelFile.words("\($0)/memory.max") != ["max"] } ?? false
    }

    /// What the exit of a process does not say.
    var endRemark: String? {
        guard memoryKills > 0 else { return nil }
        return hasMemoryLimit
            ? "out of memory: the job needed more than its limit" : "out of memory: the machine had none left"
    }

    /// The processes in the groups, also those that have left everything else of the job behind.
    var processes: Set<Int32> {
        var found: Set<Int32> = []
        for folder in folders { found.formUnion(KernelFile.words("\(folder)/cgroup.procs").compactMap { Int32($0) }) }
        return found
    }

    /// Kills all of them at one moment, so that none can escape by forking. Only version 2 can, from Linux 5.14 on.
    ///
    /// - Returns: Whether that was to be had.
    @discardableResult
    func kill() -> Bool {
        guard !place.isVersion1 else { return false }
        return folders.contains { KernelFile.write("1", to: "\($0)/cgroup.kill") }
    }

    /// Removes the groups, which works once no process is in them.
    func remove() {
        for folder in folders { rmdir(folder) }
    }

    /// Removes the groups of jobs that are no more and in which nobody is left: the kernel keeps the others.
    static func removeEmpty(in place: CgroupPlace = .here) {
        guard let home = place.home, let entries = opendir(home) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(prefix) { rmdir("\(home)/\(name)") }
        }
    }

    private var folders: Set<String> {
        Set(CgroupPlace.Controller.allCases.compactMap(folder) + (place.home.map { ["\($0)/\(name)"] } ?? []))
    }

    private func folder(_ controller: CgroupPlace.Controller) -> String? {
        place.parents[controller].map { "\($0)/\(name)" }
    }
}

extension JobLimits {
    /// Those that every process has for itself (setrlimit(2)).
    func resourceLimits(hasMemoryGroup: Bool) -> [SpawnOrder.Limit] {
        var limits = [SpawnOrder.Limit(resource: Int32(RLIMIT_CORE.rawValue), soft: 0, hard: 0)]
        func add(_ resource: Int32, _ value: Int64?, more: UInt64 = 0) {
            guard let value = value.flatMap({ UInt64(exactly: $0) }) else { return }
            limits.append(SpawnOrder.Limit(resource: resource, soft: value, hard: value + more))
        }
        add(Int32(RLIMIT_NOFILE.rawValue), openFiles)
        add(Int32(RLIMIT_FSIZE.rawValue), fileBytes)
        // A program may want to say something when it is told that its time is over.
        add(Int32(RLIMIT_CPU.rawValue), cpuSeconds, more: 5)
        if !hasMemoryGroup { add(Int32(RLIMIT_AS.rawValue), memoryBytes) }
        return limits
    }
}
