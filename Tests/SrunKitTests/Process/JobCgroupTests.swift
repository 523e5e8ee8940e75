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
        #expect(joined == ["\(root)/a.service/srun-\(job)/cgroup.procs"])
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

    @Test func withoutAGroupNothingIsWritten() throws {
        defer { try? FileManager.default.removeItem(atPath: root) }
        try make("memory/x", [:])
        let group = JobCgroup(job, in: CgroupPlace(root: root, membership: "4:memory:/x\n8:pids:/\n0::/\n"))
        #expect(group.place.isVersion1 && group.place.parents == [.memory: "\(root)/memory/x"])
        #expect(!group.kill() && group.processes.isEmpty)
        let none = JobCgroup(job, in: CgroupPlace(root: root, membership: ""))
        #expect(none.make(JobLimits(processes: 3)).isEmpty && !none.kill())
    }
}
