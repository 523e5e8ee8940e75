import Foundation
import NIOCore
import SrunKit
import SrunTestSupport
import StoreMemory
import Synchronization
import Testing

@Suite("Engine", .timeLimit(.minutes(1)))
struct EngineTests {
    private let spec: JobSpec

    init() throws {
        spec = try JobSpec(command: .shell("anything"))
    }

    @Test func keepsOutputAndOutcomeOfAJob() async throws {
        let store = MemoryStore()
        let launcher = ScriptedLauncher { _ in
            let process = ScriptedProcess()
            process.print("hello ")
            process.print("world")
            process.end(.code(3))
            return process
        }
        let id = try await withEngine(store: store, launcher: launcher) { engine in
            let job = try await engine.submit(spec)
            #expect(try await engine.output(of: job.id) == Array("hello world".utf8))
            let ended = try await engine.ended(job.id)
            #expect(ended.status == .failed)
            #expect(ended.state.end?.outcome.exitCode == 3)
            #expect(ended.state.run?.processID == 4242)
            #expect(ended.outputBytes == 11)
            return job.id
        }
        #expect(try await store.job(id)?.status == .failed)
        #expect(try await store.storedBytes(of: id) == 11)
    }

    @Test func answersWithTheProcessOfAStartedJob() async throws {
        try await withEngine(launcher: ScriptedLauncher { _ in ScriptedProcess(processID: 99) }) { engine in
            let job = try await engine.submit(spec)
            #expect(job.status == .running)
            #expect(job.state.run?.processID == 99)
        }
    }

    @Test func tellsWhyAJobCouldNotStart() async throws {
        let launcher = ScriptedLauncher { _ throws(LaunchError) in
            throw LaunchError(errorNumber: 2, description: "No such file or directory (ENOENT)")
        }
        try await withEngine(launcher: launcher) { engine in
            let job = try await engine.submit(spec)
            #expect(job.status == .failed)
            #expect(job.state.end?.outcome.ending == .failedToStart)
            #expect(job.state.end?.outcome.reason?.contains("ENOENT") == true)
        }
    }

    @Test func runsNoMoreThanItsLimitAndThenTheNextInLine() async throws {
        let processes = Mutex<[ScriptedProcess]>([])
        let launcher = ScriptedLauncher { _ in
            let process = ScriptedProcess()
            processes.withLock { $0.append(process) }
            return process
        }
        let configuration = EngineConfiguration(node: "test", runningLimit: 1, queueLimit: 1)
        try await withEngine(launcher: launcher, configuration: configuration) { engine in
            let first = try await engine.submit(spec)
            let second = try await engine.submit(spec)
            #expect(first.status == .running)
            #expect(second.status == .queued)
            await #expect(throws: EngineError.self) { try await engine.submit(spec) }
            var changes = engine.events().makeAsyncIterator()
            processes.withLock { $0.first }?.end(.code(0))
            while case .changed(let job) = await changes.next(), !(job.id == second.id && job.status == .running) {}
            #expect(try await engine.ended(first.id).status == .completed)
            processes.withLock { $0.last }?.end(.code(0))
            #expect(try await engine.ended(second.id).status == .completed)
        }
    }

    @Test func stopsAQueuedJobWithoutStartingIt() async throws {
        let launcher = ScriptedLauncher { _ in ScriptedProcess() }
        let configuration = EngineConfiguration(node: "test", runningLimit: 1)
        try await withEngine(launcher: launcher, configuration: configuration) { engine in
            _ = try await engine.submit(spec)
            let waiting = try await engine.submit(spec)
            guard case .ended(let job) = try await engine.stop(waiting.id) else {
                Issue.record("a queued job ends at once")
                return
            }
            #expect(job.status == .stopped)
            #expect(job.state.run == nil)
            #expect(launcher.launches.count == 1)
        }
    }

    @Test func asksPolitelyThenHangsUpThenKills() async throws {
        let clock = ManualClock()
        let process = ScriptedProcess { process, signal in
            if signal == 9 { process.end(.signal(9)) }
        }
        let configuration = EngineConfiguration(node: "test", stopGrace: .seconds(10))
        try await withEngine(
            launcher: ScriptedLauncher { _ in process }, configuration: configuration, clock: clock
        ) { engine in
            let job = try await engine.submit(spec)
            async let stopping = engine.stop(job.id)
            var signals = process.signals.makeAsyncIterator()
            #expect(await signals.next() == 15)
            // The caller's patience and the step's grace.
            await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(8))
            #expect(await signals.next() == 1)
            await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(2))
            #expect(await signals.next() == 9)
            guard case .ended(let ended) = try await stopping else {
                Issue.record("the job ends with the kill")
                return
            }
            #expect(ended.status == .stopped)
            #expect(ended.state.end?.outcome.signal == 9)
        }
    }

    @Test func stoppingTwiceSendsOneSignalAndAnswersTheSame() async throws {
        let process = ScriptedProcess { _, _ in }
        try await withEngine(launcher: ScriptedLauncher { _ in process }) { engine in
            let job = try await engine.submit(spec)
            async let first = engine.stop(job.id)
            var signals = process.signals.makeAsyncIterator()
            #expect(await signals.next() == 15)
            async let second = engine.stop(job.id)
            process.end(.code(0))
            for result in [try await first, try await second] {
                guard case .ended(let job) = result else {
                    Issue.record("both callers see the end")
                    continue
                }
                #expect(job.status == .stopped)
            }
            await #expect(throws: EngineError.self) { try await engine.stop(job.id) }
        }
    }

    @Test func endsAJobAtItsTimeLimit() async throws {
        let clock = ManualClock()
        try await withEngine(launcher: ScriptedLauncher { _ in ScriptedProcess() }, clock: clock) { engine in
            let job = try await engine.submit(JobSpec(command: .shell("anything"), timeLimit: .seconds(60)))
            await clock.sleepers()
            clock.advance(by: .seconds(60))
            #expect(try await engine.ended(job.id).status == .timeout)
        }
    }

    @Test func doesNotWaitForADescendantThatKeepsTheOutput() async throws {
        let clock = ManualClock()
        let process = ScriptedProcess()
        try await withEngine(launcher: ScriptedLauncher { _ in process }, clock: clock) { engine in
            let job = try await engine.submit(spec)
            process.end(.code(0), keepingOutputOpen: true)
            await clock.sleepers()
            clock.advance(by: .seconds(2))
            #expect(try await engine.ended(job.id).status == .completed)
        }
    }

    @Test func restartMakesANewJobThatRemembersTheOld() async throws {
        try await withEngine(launcher: ScriptedLauncher { _ in ScriptedProcess() }) { engine in
            let first = try await engine.submit(spec)
            let second = try await engine.restart(first.id)
            #expect(second.id != first.id)
            #expect(second.restartOf == first.id)
            #expect(second.status == .running)
            #expect(try await engine.job(first.id).status == .stopped)
        }
    }

    @Test func removesOnlyWhatHasEndedUnlessToldTo() async throws {
        try await withEngine(launcher: ScriptedLauncher { _ in ScriptedProcess() }) { engine in
            let job = try await engine.submit(spec)
            await #expect(throws: EngineError.self) { try await engine.remove(job.id) }
            try await engine.remove(job.id, stoppingFirst: true)
            await #expect(throws: EngineError.self) { try await engine.job(job.id) }
            await #expect(throws: EngineError.self) { try await engine.remove(job.id) }
        }
    }

    @Test func declaresLostWhatACrashLeftRunningAndResumesWhatItLeftQueued() async throws {
        let store = MemoryStore()
        let running = Job(
            id: JobID(milliseconds: 1, sequence: 1, random: 0), spec: spec, createdAt: Date(), node: "test",
            state: .running(JobRun(startedAt: Date(microseconds: 5), processID: 1)))
        let queued = Job(
            id: JobID(milliseconds: 1, sequence: 2, random: 0), spec: spec, createdAt: Date(), node: "test")
        let foreign = Job(
            id: JobID(milliseconds: 1, sequence: 3, random: 0), spec: spec, createdAt: Date(), node: "other",
            state: .running(JobRun(startedAt: Date(microseconds: 5))))
        for job in [running, queued, foreign] { try await store.insert(job) }
        try await store.append(
            [LogChunk(offset: 0, time: Date(), stream: .output, bytes: ByteBuffer(string: "seen"))], to: running.id)

        let launcher = ScriptedLauncher { _ in
            let process = ScriptedProcess()
            process.end(.code(0))
            return process
        }
        try await withEngine(store: store, launcher: launcher) { engine in
            #expect(try await engine.ended(queued.id).status == .completed)
            let lost = try await engine.job(running.id)
            #expect(lost.status == .lost)
            #expect(lost.outputBytes == 4)
            #expect(launcher.sweeps == [running.id])
            #expect(try await engine.job(foreign.id).status == .running)
        }
    }

    @Test func stopsItsJobsWhenItShutsDownAndKeepsTheQueue() async throws {
        let store = MemoryStore()
        let configuration = EngineConfiguration(node: "test", runningLimit: 1)
        let ids = try await withEngine(
            store: store, launcher: ScriptedLauncher { _ in ScriptedProcess() }, configuration: configuration
        ) { engine in
            [try await engine.submit(spec).id, try await engine.submit(spec).id]
        }
        let jobs = [try await store.job(ids[0]), try await store.job(ids[1])]
        #expect(jobs.map { $0?.status } == [.stopped, .queued])
        #expect(jobs[0]?.state.end?.outcome.reason == "the server was shut down")
    }

    @Test func refusesAWorkingDirectoryThatDoesNotExist() async throws {
        let launcher = ScriptedLauncher { _ in ScriptedProcess() }
        try await withEngine(launcher: launcher) { engine in
            let spec = try JobSpec(command: .shell("true"), workingDirectory: "/nonexistent/folder")
            await #expect(throws: EngineError.self) { try await engine.submit(spec) }
            #expect(launcher.launches.isEmpty)
            #expect(try await engine.jobs(JobQuery()).jobs.isEmpty)
        }
    }

    @Test func cutsOffASubscriberThatDoesNotRead() async throws {
        try await withEngine(
            launcher: ScriptedLauncher { _ in
                let process = ScriptedProcess()
                process.end(.code(0))
                return process
            }
        ) { engine in
            let lazy = engine.events()
            for _ in 0..<500 { _ = try await engine.ended(engine.submit(spec).id) }
            var count = 0
            for await _ in lazy { count += 1 }
            #expect(count == 1024)
        }
    }
}
