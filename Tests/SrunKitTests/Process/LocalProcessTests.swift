import Foundation
import NIOCore
import SrunKit
import SrunTestSupport
import Testing

/// Real processes on real terminals and pipes.
@Suite("Local processes", .timeLimit(.minutes(2)))
struct LocalProcessTests {
    private func run(
        _ command: String, terminal: TerminalSize? = .standard, environment: [String: String] = [:]
    ) async throws -> (output: String, job: Job) {
        try await withEngine(launcher: LocalProcessLauncher()) { engine in
            let spec = try JobSpec(
                command: .shell(command), workingDirectory: "/", environment: environment, terminal: terminal)
            let job = try await engine.submit(spec)
            let output = try await engine.output(of: job.id)
            return (String(decoding: output, as: UTF8.self), try await engine.ended(job.id))
        }
    }

    @Test(arguments: [0, 1, 7, 126, 127, 255] as [Int32])
    func exitCodesAreKept(_ code: Int32) async throws {
        let (_, job) = try await run("exit \(code)")
        #expect(job.state.end?.outcome.exitCode == code)
        #expect(job.status == (code == 0 ? .completed : .failed))
    }

    @Test(arguments: [9, 11, 15] as [Int32])
    func signalsAreKept(_ signal: Int32) async throws {
        let (_, job) = try await run("kill -\(signal) $$")
        #expect(job.state.end?.outcome.signal == signal)
        #expect(job.state.end?.outcome.exitCode == nil)
        #expect(job.status == .failed)
    }

    @Test func aTerminalJobLeadsASessionOnATerminalOfItsSize() async throws {
        let (output, job) = try await run(
            "tty; stty size; ps -o sid= -p $$", terminal: TerminalSize(columns: 77, rows: 33))
        let lines = output.split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
        #expect(lines.first?.hasPrefix("/dev/pts/") == true)
        #expect(lines.dropFirst().first == "33 77")
        #expect(lines.last == job.state.run?.processID.map { "\($0)" })
    }

    @Test func pipesKeepStreamsApart() async throws {
        try await withEngine(launcher: LocalProcessLauncher()) { engine in
            let spec = try JobSpec(command: .shell("echo out; echo err >&2; test -t 1 || echo piped"), terminal: nil)
            let job = try await engine.submit(spec)
            var feed = try await engine.follow(job.id)
            var text: [LogStream: String] = [:]
            while let chunks = try await feed.next() {
                for chunk in chunks { text[chunk.stream, default: ""] += String(buffer: chunk.bytes) }
            }
            #expect(text == [.output: "out\npiped\n", .error: "err\n"])
        }
    }

    @Test func theEnvironmentIsBuiltAndNotInherited() async throws {
        setenv("SRUN_TEST_SECRET_TOKEN", "canary", 1)
        defer { unsetenv("SRUN_TEST_SECRET_TOKEN") }
        let (output, job) = try await run("env", environment: ["OWN": "yes", "SRUN_JOB_ID": "forged"])
        let lines = Set(output.split(whereSeparator: \.isNewline).map(String.init))
        #expect(!output.contains("canary"))
        #expect(lines.contains("OWN=yes"))
        #expect(lines.contains("TERM=xterm-256color"))
        #expect(lines.contains("SRUN_JOB_ID=\(job.id)"))
        #expect(lines.contains("SRUN_NODE=test"))
        #expect(lines.contains { $0.hasPrefix("PATH=/") })
    }

    @Test func noDescriptorAndNoSignalStateIsInherited() async throws {
        signal(SIGPIPE, SIG_IGN)
        let (output, _) = try await run("ls /proc/self/fd; grep -E 'Sig(Ign|Blk)' /proc/self/status")
        let words = output.split(whereSeparator: \.isWhitespace).map(String.init)
        // 3 is the folder that ls itself reads.
        #expect(words.prefix { $0.first?.isNumber == true } == ["0", "1", "2", "3"])
        #expect(words.contains("SigBlk:"))
        #expect(words.filter { $0.count == 16 }.allSatisfy { $0 == "0000000000000000" })
    }

    @Test func theLastBytesBeforeAFastExitAreKept() async throws {
        let text = String(repeating: "x", count: 3000)
        try await withEngine(launcher: LocalProcessLauncher()) { engine in
            for index in 0..<100 {
                let spec = try JobSpec(
                    command: .shell("printf %s \(text); exit 7"), terminal: index.isMultiple(of: 2) ? .standard : nil)
                let job = try await engine.submit(spec)
                #expect(try await engine.output(of: job.id).count == 3000)
                #expect(try await engine.ended(job.id).state.end?.outcome.exitCode == 7)
            }
        }
    }

    @Test(arguments: [TerminalSize.standard, nil])
    func aDescendantThatKeepsTheOutputDoesNotKeepTheJob(_ terminal: TerminalSize?) async throws {
        let (output, job) = try await run("(trap '' HUP; exec sleep 600) & echo done", terminal: terminal)
        #expect(output.contains("done"))
        #expect(job.status == .completed)
    }

    @Test func stoppingReachesTheWholeTree() async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("srun-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let command = """
            sleep 998 & echo $! > a
            setsid sleep 998 & echo $! > b
            (trap '' TERM HUP; echo ready; while :; do sleep 998; done)
            """
        let configuration = EngineConfiguration(node: "test", stopGrace: .milliseconds(200))
        try await withEngine(launcher: LocalProcessLauncher(), configuration: configuration) { engine in
            let job = try await engine.submit(JobSpec(command: .shell(command), workingDirectory: folder.path))
            var feed = try await engine.follow(job.id)
            _ = try await feed.next()
            guard case .ended(let ended) = try await engine.stop(job.id) else {
                Issue.record("the kill ends it within the patience of the caller")
                return
            }
            #expect(ended.status == .stopped)
            #expect(ended.state.end?.outcome.reason == nil)
        }
        for name in ["a", "b"] {
            let text = try String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
            let process = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
            #expect(!isAlive(process))
        }
    }

    /// A dead process that nobody has reaped yet is dead.
    private func isAlive(_ process: Int32) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
        return !status.contains(") Z ")
    }

    @Test func largeOutputIsExact() async throws {
        try await withEngine(launcher: LocalProcessLauncher()) { engine in
            for terminal in [TerminalSize.standard, nil] {
                let job = try await engine.submit(JobSpec(command: .shell("seq 1 300000"), terminal: terminal))
                let output = try await engine.output(of: job.id)
                let newline = terminal == nil ? "\n" : "\r\n"
                let expected = (1...300_000).map { "\($0)\(newline)" }.joined()
                #expect(output == Array(expected.utf8))
            }
        }
    }

    @Test func aMissingProgramIsAnOutcome() async throws {
        try await withEngine(launcher: LocalProcessLauncher()) { engine in
            // The answer to a start does not wait for it on a machine that is slow enough.
            let job = try await engine.ended(engine.submit(JobSpec(command: .arguments(["no-such-program"]))).id)
            #expect(job.status == .failed)
            #expect(job.state.end?.outcome.reason?.contains("ENOENT") == true)
            #expect(job.state.end?.outcome.exit == nil)
            let directory = try await engine.ended(engine.submit(JobSpec(command: .arguments(["/tmp"]))).id)
            #expect(directory.state.end?.outcome.reason?.contains("EACCES") == true)
        }
    }

    @Test func whatACrashLeftIsSweptByItsMarker() async throws {
        let launcher = try LocalProcessLauncher()
        let id = JobID(milliseconds: 77, sequence: 1, random: .random(in: .min ... .max))
        let orphan = try await launcher.launch(
            ProcessLaunch(
                job: id, command: .shell("setsid sh -c 'echo ready; exec sleep 997' & exec sleep 997"),
                workingDirectory: "/", environment: ["SRUN_JOB_ID": id.text, "PATH": "/usr/bin:/bin"], terminal: nil))
        let ready = await orphan.outputs.first?.next()
        #expect(ready.map { String(buffer: $0.bytes) } == "ready\n")
        // Seen from another launcher, as after a restart of the server.
        #expect(try await LocalProcessLauncher().sweep(id) == 2)
        #expect(await orphan.termination()?.exit == .signal(9))
        await orphan.close()
    }
}
