import CPTY
import Foundation

/// The control group of the keeper and its servers, in a group of version 2 that was handed to srun (systemd's `Delegate=yes`).
///
/// A group whose controllers are shared out among the groups below it may hold no process itself (cgroups(7), "no internal
/// processes"). So the keeper first moves into a leaf, which whatever it starts inherits, and then has the controllers shared out; each
/// job gets a group beside the leaf.
enum KeeperGroup {
    /// Also what `DelegateSubgroup=` of a systemd unit should say: then there is nothing left to move.
    static let name = "srun.keeper"

    /// Makes room for groups of jobs, where that is ours to do; elsewhere nothing happens. Called once, by a process that has started
    /// nothing yet.
    ///
    /// - Parameter mark: Reads an extended attribute of one byte; -1 when there is none.
    static func settle(
        root: String = CgroupPlace.root, membership: String = KernelFile.text("/proc/self/cgroup") ?? "",
        mark: (_ path: String, _ name: String) -> Int32 = { cpty_mark($0, $1) }
    ) {
        guard access("\(root)/cgroup.controllers", F_OK) == 0,
            let line = membership.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return }
        let path = line.dropFirst("0::/".count)
        var folder = path.isEmpty ? root : "\(root)/\(path)"
        if folder.hasSuffix("/\(name)") {
            folder.removeLast(name.utf8.count + 1)
        } else {
            // Whoever else is in the group has not agreed to be moved, and nothing can be shared out while they stay.
            guard wasHandedOver(folder, isTop: path.isEmpty, mark),
                KernelFile.words("\(folder)/cgroup.procs") == [Substring("\(getpid())")]
            else { return }
            let leaf = "\(folder)/\(name)"
            guard mkdir(leaf, 0o755) == 0 || errno == EEXIST, KernelFile.write("0", to: "\(leaf)/cgroup.procs") else {
                return
            }
        }
        let offered = KernelFile.words("\(folder)/cgroup.controllers")
        for controller in CgroupPlace.Controller.allCases where offered.contains(Substring(controller.rawValue)) {
            KernelFile.write("+\(controller.rawValue)", to: "\(folder)/cgroup.subtree_control")
        }
    }

    /// Whether a group may be arranged as we like. systemd says so by a mark on it, and versions before 251 to all but root only by
    /// its owner; a container has a hierarchy of its own, whose top differs from the machine's by having a type.
    private static func wasHandedOver(_ folder: String, isTop: Bool, _ mark: (String, String) -> Int32) -> Bool {
        if isTop { return access("\(folder)/cgroup.type", F_OK) == 0 }
        for name in ["user.delegate", "trusted.delegate"] {
            let mark = mark(folder, name)
            if mark >= 0 { return mark == UInt8(ascii: "1") }
        }
        var own = stat()
        var above = stat()
        let parent = "\(folder)/.."
        return geteuid() != 0 && stat(folder, &own) == 0 && stat(parent, &above) == 0 && own.st_uid == geteuid()
            && above.st_uid != geteuid()
    }
}
