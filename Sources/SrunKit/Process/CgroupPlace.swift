import Foundation

/// Where control groups of jobs can be made (cgroups(7)).
struct CgroupPlace: Sendable {
    enum Controller: String, CaseIterable, Sendable {
        case memory, pids, cpu
    }

    static let root = "/sys/fs/cgroup"

    /// Whether the controllers are those of version 1.
    let isVersion1: Bool
    /// The folders that may be written, by controller; with version 2 all are one.
    let parents: [Controller: String]
    /// Where each job gets a group of its own, whether it has limits or not: a group of version 2 that was handed to srun, in which
    /// ``KeeperGroup`` has made room. Nil where there is none.
    let home: String?

    /// Where this process is.
    static let here = CgroupPlace(root: root, membership: KernelFile.text("/proc/self/cgroup") ?? "")

    /// - Parameter membership: What /proc/PID/cgroup says.
    init(root: String, membership: String) {
        isVersion1 = access("\(root)/cgroup.controllers", F_OK) != 0
        var parents: [Controller: String] = [:]
        var home: String?
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let path = parts[2] == "/" ? "" : String(parts[2])
            if !isVersion1, parts[1].isEmpty {
                var folder = "\(root)\(path)"
                if folder.hasSuffix("/\(KeeperGroup.name)") {
                    folder.removeLast(KeeperGroup.name.utf8.count + 1)
                    home = folder
                }
                let offered = KernelFile.words("\(folder)/cgroup.subtree_control")
                for controller in Controller.allCases where offered.contains(Substring(controller.rawValue)) {
                    parents[controller] = folder
                }
            } else if isVersion1 {
                let offered = parts[1].split(separator: ",")
                for controller in Controller.allCases where offered.contains(Substring(controller.rawValue)) {
                    parents[controller] = "\(root)/\(controller.rawValue)\(path)"
                }
            }
        }
        self.parents = parents.filter { access($0.value, W_OK) == 0 }
        self.home = home.flatMap { access($0, W_OK) == 0 ? $0 : nil }
    }
}
