import Foundation
import Testing

@testable import SrunKit

/// On a made-up file system, so that they need neither rights nor a machine with version 2.
@Suite("Control groups of jobs", .timeLimit(.minutes(1))) struct JobCgroupTests {
    private let job = JobID(milliseconds: 5, sequence: 1, random: 7)
    private let root: String

    init() throws {
        root = NSTemporaryDirectory() + "srun-cgroup-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    /// As a kernel would show it: the files of a group are there once the group is.
    private func make(_ folder: String, _ files: [String: String]) throws {
        let path = "\(root)/\(folder)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, content) in files {
            try content.write(toFile: "\(path)/\(name)", atomically: false, encoding: .utf8)
        }
    }

    private func content(_ path: String) -> String? { try? String(contentsOfFile: "\(root)/\(path)", encoding: .utf8) }

    private func version2() throws -> JobCgroup {
        try make("", ["cgroup.controllers": "cpu memory pids"])
        try make("a.service", ["cgroup.subtree_control": "cpu memory pids"])
        let files = ["memory.max", "memory.swap.max", "pids.max", "cpu.max", "cgroup.kill", "cgroup.procs"]
        try make("a.service/srun-\(job)", Dictionary(uniqueKeysWithValues: files.map { ($0, "") }))
        return JobCgroup(job, in: CgroupPlace(root: root, membership: "0::/a.service\n"))
    }

    @Test func limitsAreWrittenInVersion2() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let group = try version2()
        let joined = group.make(JobLimits(memoryBytes: 1 << 30, processes: 64, cpuCores: 1.5))
        #expect(joined.limited == [.memory, .pids, .cpu])
        #expect(joined.joined == ["\(root)/a.service/srun-\(job)/cgroup.procs"])
        #expect(content("a.service/srun-\(job)/memory.max") == "1073741824")
        #expect(content("a.service/srun-\(job)/pids.max") == "64")
        #expect(content("a.service/srun-\(job)/cpu.max") == "150000 100000")
    }

    /// C41: what has left the session and dropped the marker is still in the group.
    @Test func aProcessThatHasLeftEverythingElseIsFoundAndKilled() async throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let group = try version2()
        // As if it were of another job, so that nothing but the group shows whose it is.
        let stray = try await LocalProcessLauncher().launch(
            ProcessLaunch(
                job: JobID(milliseconds: 6, sequence: 1, random: 7), command: .arguments(["/bin/sleep", "1000"]),
                workingDirectory: "/", environment: [:], terminal: nil))
        let tree = ProcessTree(job: job, session: nil, group: group)
        #expect(tree.processes().isEmpty)
        try make("a.service/srun-\(job)", ["cgroup.procs": "\(stray.processID)\n"])
        #expect(tree.processes() == [stray.processID])
        tree.signal(SIGTERM)
        #expect(content("a.service/srun-\(job)/cgroup.kill") == "", "asking comes before killing")
        #expect(await stray.termination()?.exit == .signal(SIGTERM))
        await stray.close()
        tree.signal(SIGKILL)
        #expect(content("a.service/srun-\(job)/cgroup.kill") == "1")
    }

    /// `Delegate=yes` as systemd hands it over: the group has the server in it, and shares nothing out yet.
    private func delegated(_ processes: String) throws -> String {
        try make("", ["cgroup.controllers": "cpuset cpu io memory pids"])
        try make(
            "s.slice/a.service",
            ["cgroup.controllers": "cpu memory pids", "cgroup.subtree_control": "", "cgroup.procs": processes])
        try make("s.slice/a.service/srun.keeper", ["cgroup.procs": ""])
        return "\(root)/s.slice/a.service"
    }

    /// Each controller is asked for by itself, and a file that is none of the kernel's shows one over the other: +memory, +pids, +cpu.
    private static let sharedOut = "+cpusry"

    /// As systemd marks what it hands over: to everybody from version 251 on, before that to root alone.
    private func mark(_ folder: String, _ name: String = "user.delegate", value: Character = "1")
        -> (String, String) -> Int32
    {
        { $0 == folder && $1 == name ? Int32(value.asciiValue ?? 0) : -1 }
    }

    @Test func theKeeperMakesRoomInAGroupThatWasHandedToIt() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let folder = try delegated("\(getpid())\n")
        KeeperGroup.settle(root: root, membership: "0::/s.slice/a.service\n", mark: mark(folder, "trusted.delegate"))
        #expect(content("s.slice/a.service/srun.keeper/cgroup.procs") == "0")
        #expect(content("s.slice/a.service/cgroup.subtree_control") == Self.sharedOut)
        // Jobs get their groups beside it, those without limits too.
        try make("s.slice/a.service", ["cgroup.subtree_control": "cpuset memory pids\n"])
        let group = JobCgroup(
            job, in: CgroupPlace(root: root, membership: "0::/s.slice/a.service/srun.keeper\n"))
        #expect(group.place.home == folder && group.place.parents == [.memory: folder, .pids: folder])
        #expect(group.make(.none) == JobCgroup.Groups(joined: ["\(folder)/srun-\(job)/cgroup.procs"]))
        try make("s.slice/a.service/srun-\(job)", ["pids.max": "", "cgroup.procs": "77\n", "memory.max": "max\n"])
        #expect(group.make(JobLimits(processes: 9)).limited == [.pids])
        #expect(group.processes == [77])
        try make("s.slice/a.service/srun-\(job)", ["memory.events": "oom 0\noom_kill 1\n"])
        #expect(group.endRemark == "out of memory: the machine had none left")
        try make("s.slice/a.service/srun-\(job)", ["memory.max": "1048576\n"])
        #expect(group.endRemark == "out of memory: the job needed more than its limit")
        // Of a job that was there before.
        try make("s.slice/a.service/srun-old", [:])
        JobCgroup.removeEmpty(in: group.place)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasPrefix("srun-") }.count == 1)
    }

    /// A subgroup that systemd has made for it (`DelegateSubgroup=`), or another srun before.
    @Test func theKeeperThatIsInItsLeafStaysThere() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        _ = try delegated("")
        KeeperGroup.settle(root: root, membership: "0::/s.slice/a.service/srun.keeper\n") { _, _ in -1 }
        #expect(content("s.slice/a.service/srun.keeper/cgroup.procs") == "")
        #expect(content("s.slice/a.service/cgroup.subtree_control") == Self.sharedOut)
    }

    @Test(
        "a group that is somebody else's is left as it is",
        arguments: [("1\n\(getpid())\n", Character("1")), ("\(getpid())\n", Character("0"))])
    func leavesOthersAlone(_ processes: String, _ value: Character) throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        let folder = try delegated(processes)
        let membership = "0::/s.slice/a.service\n"
        KeeperGroup.settle(root: root, membership: membership, mark: mark(folder, value: value))
        #expect(content("s.slice/a.service/srun.keeper/cgroup.procs") == "")
        #expect(content("s.slice/a.service/cgroup.subtree_control") == "")
        KeeperGroup.settle(root: root, membership: "4:memory:/x\n", mark: mark(folder))
        #expect(content("s.slice/a.service/cgroup.subtree_control") == "")
        let place = CgroupPlace(root: root, membership: membership)
        #expect(place.home == nil && place.parents.isEmpty)
    }

    @Test func withoutAGroupNothingIsWritten() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        try make("memory/x", [:])
        let group = JobCgroup(job, in: CgroupPlace(root: root, membership: "4:memory:/x\n8:pids:/\n0::/\n"))
        #expect(group.place.isVersion1 && group.place.parents == [.memory: "\(root)/memory/x"])
        #expect(!group.kill() && group.processes.isEmpty)
        let none = JobCgroup(job, in: CgroupPlace(root: root, membership: ""))
        #expect(none.make(JobLimits(processes: 3)) == JobCgroup.Groups() && !none.kill())
    }
}
