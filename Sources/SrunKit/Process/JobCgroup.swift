import Foundation

/// The control group of one job, made only for limits that nothing else can enforce (cgroups(7)).
///
/// Version 2 where its controllers are ours to use, otherwise the hierarchies of version 1. Where neither may be written, there is
/// none, and ``make(_:)`` makes nothing.
struct JobCgroup: Sendable {
    let place: CgroupPlace
    private let name: String

    init(_ job: JobID, in place: CgroupPlace = .here) {
        name = "srun-\(job)"
        self.place = place
    }

    /// Makes the groups that these limits need.
    ///
    /// - Returns: The files `cgroup.procs` that the job's first process joins by.
    func make(_ limits: JobLimits) -> [String] {
        var joined: Set<String> = []
        func limit(_ controller: CgroupPlace.Controller, _ files: [(String, String)]) {
            guard let folder = folder(controller), mkdir(folder, 0o755) == 0 || errno == EEXIST else { return }
            for (file, text) in files {
                // Not every kernel counts swap; the others are what the limit is.
                let isSet = Self.write(text, to: "\(folder)/\(file)")
                if !isSet, !file.contains("swap") && !file.contains("memsw") { return }
            }
            joined.insert("\(folder)/cgroup.procs")
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
        return joined.sorted()
    }

    /// How many of its processes the kernel has killed because there was no memory left within the limit.
    var memoryKills: Int {
        guard let folder = folder(.memory),
            let text = try? String(
                contentsOfFile: "\(folder)/\(place.isVersion1 ? "memory.oom_control" : "memory.events")",
                encoding: .utf8
            )
        else { return 0 }
        for line in text.split(separator: "\n") where line.hasPrefix("oom_kill ") {
            return Int(line.dropFirst("oom_kill ".count)) ?? 0
        }
        return 0
    }

    /// What the exit of a process does not say.
    var endRemark: String? {
        memoryKills > 0 ? "out of memory: the job needed more than its limit" : nil
    }

    /// The processes in the groups, also those that have left everything else of the job behind.
    var processes: Set<Int32> {
        var found: Set<Int32> = []
        for folder in folders {
            guard let text = try? String(contentsOfFile: "\(folder)/cgroup.procs", encoding: .utf8) else { continue }
            found.formUnion(text.split(separator: "\n").compactMap { Int32($0) })
        }
        return found
    }

    /// Kills all of them at one moment, so that none can escape by forking. Only version 2 can, from Linux 5.14 on.
    ///
    /// - Returns: Whether that was to be had.
    @discardableResult
    func kill() -> Bool {
        guard !place.isVersion1 else { return false }
        return folders.contains { Self.write("1", to: "\($0)/cgroup.kill") }
    }

    /// Removes the groups, which works once no process is in them.
    func remove() {
        for folder in folders { rmdir(folder) }
    }

    private var folders: Set<String> { Set(CgroupPlace.Controller.allCases.compactMap(folder)) }

    private func folder(_ controller: CgroupPlace.Controller) -> String? {
        place.parents[controller].map { "\($0)/\(name)" }
    }

    private static func write(_ text: String, to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
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
