import Foundation

/// The control group of one job, made only for limits that nothing else can enforce (cgroups(7)).
///
/// Version 2 where its controllers are ours to use, otherwise the hierarchies of version 1. Where neither may be written, there is
/// none, and ``make(_:)`` makes nothing.
struct JobCgroup: Sendable {
    private enum Controller: String, CaseIterable {
        case memory, pids, cpu
    }

    private static let root = "/sys/fs/cgroup"
    private let name: String

    init(_ job: JobID) {
        name = "srun-\(job)"
    }

    /// Whether the controllers are those of version 1.
    static let isVersion1 = access("\(root)/cgroup.controllers", F_OK) != 0

    /// Where this process is, by controller; with version 2 all are one.
    private static let parents: [Controller: String] = {
        guard let text = try? String(contentsOfFile: "/proc/self/cgroup", encoding: .utf8) else { return [:] }
        var parents: [Controller: String] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = parts[2] == "/" ? "" : String(parts[2])
            if !isVersion1, parts[1].isEmpty {
                let folder = "\(root)\(path)"
                let offered = (try? String(contentsOfFile: "\(folder)/cgroup.subtree_control", encoding: .utf8)) ?? ""
                for controller in Controller.allCases where offered.contains(controller.rawValue) {
                    parents[controller] = folder
                }
            } else if isVersion1 {
                for controller in Controller.allCases
                where parts[1].split(separator: ",").contains(Substring(controller.rawValue)) {
                    parents[controller] = "\(root)/\(controller.rawValue)\(path)"
                }
            }
        }
        return parents.filter { access($0.value, W_OK) == 0 }
    }()

    /// Makes the groups that these limits need.
    ///
    /// - Returns: The files `cgroup.procs` that the job's first process joins by.
    func make(_ limits: JobLimits) -> [String] {
        var joined: Set<String> = []
        func limit(_ controller: Controller, _ files: [(String, String)]) {
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
                Self.isVersion1
                    ? [("memory.limit_in_bytes", "\(bytes)"), ("memory.memsw.limit_in_bytes", "\(bytes)")]
                    : [("memory.max", "\(bytes)"), ("memory.swap.max", "0")])
        }
        if let processes = limits.processes { limit(.pids, [("pids.max", "\(processes)")]) }
        if let cores = limits.cpuCores {
            let quota = max(1000, Int(cores * 100_000))
            limit(
                .cpu,
                Self.isVersion1
                    ? [("cpu.cfs_period_us", "100000"), ("cpu.cfs_quota_us", "\(quota)")]
                    : [("cpu.max", "\(quota) 100000")])
        }
        return joined.sorted()
    }

    /// How many of its processes the kernel has killed because there was no memory left within the limit.
    var memoryKills: Int {
        guard let folder = folder(.memory),
            let text = try? String(
                contentsOfFile: "\(folder)/\(Self.isVersion1 ? "memory.oom_control" : "memory.events")", encoding: .utf8
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

    /// Removes the groups, which works once no process is in them.
    func remove() {
        for controller in Controller.allCases {
            if let folder = folder(controller) { rmdir(folder) }
        }
    }

    private func folder(_ controller: Controller) -> String? {
        Self.parents[controller].map { "\($0)/\(name)" }
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
