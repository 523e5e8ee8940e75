import NIOCore
import SrunKit
import SrunTestSupport
import Testing

@Suite("Terminals of jobs", .timeLimit(.minutes(1)))
struct EngineTerminalTests {
    private let launcher = ScriptedLauncher { _ in ScriptedProcess() }

    private func code(_ body: () async throws -> Void) async -> EngineError.Code? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? EngineError)?.code
        }
    }

    @Test func refusesWhatCannotBeTyped() async throws {
        let process = ScriptedProcess(terminal: nil)
        try await withEngine(launcher: ScriptedLauncher { _ in process }) { engine in
            let pipes = try await engine.submit(JobSpec(command: .shell("x"), terminal: nil))
            let bytes = ByteBuffer(string: "x")
            #expect(await code { try await engine.write(bytes, to: pipes.id) } == .noTerminal)
            #expect(await code { try await engine.resize(pipes.id, to: .standard) } == .noTerminal)
            #expect(await engine.terminalSizes(pipes.id) == nil)
            process.end(.code(0))
            _ = try await engine.ended(pipes.id)
            #expect(await code { try await engine.write(bytes, to: pipes.id) } == .notRunning)
            let unknown = JobID(milliseconds: 1, sequence: 1, random: 1)
            #expect(await code { try await engine.write(bytes, to: unknown) } == .jobNotFound)
        }
    }

    @Test func aJobInTheQueueHasNobodyToTypeTo() async throws {
        let configuration = EngineConfiguration(node: "test", runningLimit: 1, stopGrace: .seconds(2))
        try await withEngine(launcher: launcher, configuration: configuration) { engine in
            _ = try await engine.submit(JobSpec(command: .shell("first")))
            let second = try await engine.submit(JobSpec(command: .shell("second")))
            #expect(second.status == .queued)
            #expect(await code { try await engine.write(ByteBuffer(string: "x"), to: second.id) } == .notRunning)
        }
    }

    /// It is running from the moment it is claimed, and the page and other nodes say so.
    @Test func whatIsTypedBeforeThereIsAProcessIsForTheProcess() async throws {
        let process = ScriptedProcess()
        let launcher = SlowLauncher { _ in process }
        try await withEngine(launcher: launcher) { engine in
            async let submitted = engine.submit(JobSpec(command: .shell("read word")))
            let id = try #require(await launcher.asked.wait())
            #expect(try await engine.job(id).status == .running)
            async let typed: Void = engine.write(ByteBuffer(string: "hello"), to: id)
            // Asked behind it.
            _ = await engine.terminalSizes(id)
            launcher.start.happen(())
            try await typed
            var writes = try #require(process.scriptedTerminal).writes.makeAsyncIterator()
            #expect(await writes.next() == "hello")
            _ = try await submitted
            process.end(.code(0))
        }
    }

    @Test(arguments: [(0, 0), (100_000, 1), (1001, 40), (80, -1), (Int.max, Int.max)])
    func refusesASizeThatNoTerminalHas(_ columns: Int, _ rows: Int) async throws {
        try await withEngine(launcher: launcher) { engine in
            let job = try await engine.submit(JobSpec(command: .shell("x")))
            let size = TerminalSize(columns: columns, rows: rows)
            #expect(await code { try await engine.resize(job.id, to: size) } == .badSize)
            #expect(await engine.terminalSizes(job.id)?.size == .standard)
        }
    }

    @Test func tellsEverybodyOfTheSize() async throws {
        let process = ScriptedProcess()
        try await withEngine(launcher: ScriptedLauncher { _ in process }) { engine in
            let job = try await engine.submit(JobSpec(command: .shell("x")))
            let first = try #require(await engine.terminalSizes(job.id))
            let second = try #require(await engine.terminalSizes(job.id))
            let size = TerminalSize(columns: 80, rows: 24)
            try await engine.resize(job.id, to: size)
            for listener in [first, second] {
                #expect(listener.size == .standard)
                var changes = listener.changes.makeAsyncIterator()
                #expect(await changes.next() == size)
            }
            // Only changes are told, and who comes later begins with what is.
            try await engine.resize(job.id, to: size)
            let third = try #require(await engine.terminalSizes(job.id))
            #expect(third.size == size)
            process.end(.code(0))
            _ = try await engine.ended(job.id)
            for listener in [first, second, third] {
                var changes = listener.changes.makeAsyncIterator()
                #expect(await changes.next() == nil)
            }
            #expect(await engine.terminalSizes(job.id) == nil)
        }
    }
}

/// Starts a process when it is told to.
private struct SlowLauncher: ProcessLauncher {
    let asked = Event<JobID>()
    let start = Event<Void>()
    private let launcher: ScriptedLauncher

    init(_ script: @escaping @Sendable (ProcessLaunch) throws(LaunchError) -> ScriptedProcess) {
        launcher = ScriptedLauncher(script)
    }

    func launch(_ launch: ProcessLaunch) async throws(LaunchError) -> any RunningProcess {
        asked.happen(launch.job)
        await start.wait()
        return try await launcher.launch(launch)
    }

    func sweep(_ job: JobID) async -> Int { await launcher.sweep(job) }
}
