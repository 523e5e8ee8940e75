import Foundation
import Logging
import SrunTestSupport
import StoreMemory
import Synchronization
import Testing

@testable import SrunKit

/// The time of day is set, forward and back, and nothing takes longer or shorter for it.
@Suite("A clock that is set", .timeLimit(.minutes(1)))
struct ClockTests {
    private final class WallClock: Sendable {
        private let time = Mutex(Date(microseconds: 1_750_000_000_000_000))
        var now: Date { time.withLock { $0 } }
        func advance(by seconds: Double) { time.withLock { $0 += seconds } }
    }

    private let clock = ManualClock()
    private let wall = WallClock()
    private let store = MemoryStore()

    private func withEngine(
        _ launcher: ScriptedLauncher, retention: RetentionPolicy = .keepsEverything,
        _ body: (Engine) async throws -> Void
    ) async throws {
        let engine = Engine(
            store: store, launcher: launcher,
            configuration: EngineConfiguration(node: "test", stopGrace: .seconds(2), retention: retention),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock, now: { [wall] in wall.now })
        async let life: Void = engine.run()
        try await body(engine)
        engine.shutDownAtOnce()
        try await life
    }

    @Test("changes no duration", arguments: [3600.0, -3600, 1e9, -1e9])
    func measuresAJob(_ leap: Double) async throws {
        let (launcher, processes) = ScriptedLauncher.watched()
        try await withEngine(launcher) { engine in
            let events = engine.events()
            let id = try await engine.submit(try JobSpec(command: .shell("anything"))).id
            var started = processes.makeAsyncIterator()
            let process = try #require(await started.next())
            for await case .changed(let job) in events where job.status == .running { break }
            wall.advance(by: leap)
            clock.advance(by: .seconds(5))
            process.end(.code(0))
            let end = try #require(try await engine.ended(id).state.end)
            #expect(end.ranFor == .seconds(5))
            #expect(end.endedAt == wall.now)
            #expect(try await store.job(id)?.state.end?.ranFor == .seconds(5))
        }
    }

    @Test("ends no job early or late", arguments: [3600.0, -3600])
    func keepsToTimeLimits(_ leap: Double) async throws {
        let (launcher, _) = ScriptedLauncher.watched()
        try await withEngine(launcher) { engine in
            let spec = try JobSpec(command: .shell("anything"), timeLimit: .seconds(100))
            let events = engine.events()
            let id = try await engine.submit(spec).id
            for await case .changed(let job) in events where job.status == .running { break }
            wall.advance(by: leap)
            // Until it has looked at its clock; then there is who waits for the limit.
            while clock.now.offset < .seconds(99) {
                await clock.sleepers()
                clock.advance(by: .seconds(1))
                #expect(try await engine.job(id).status == .running)
            }
            clock.advance(by: .seconds(2))
            let job = try await engine.ended(id)
            #expect(job.status == .timeout)
            #expect(try #require(job.state.end?.ranFor) >= .seconds(100))
        }
    }

    @Test func makesNoPauseBeforeATryLonger() async throws {
        let failing = ScriptedLauncher { _ in
            let process = ScriptedProcess()
            process.end(.code(1))
            return process
        }
        let spec = try JobSpec(command: .shell("anything")).with(
            retries: RetryPolicy(count: 1, delaySeconds: 30, maxDelaySeconds: 30))
        let (waiting, tries) = (clock, store)
        try await withEngine(failing) { engine in
            _ = try await engine.ended(try await engine.submit(spec).id)
        }
        wall.advance(by: -86_400)
        try await withEngine(failing) { engine in
            let changes = engine.events()
            let ticking = Task {
                while !Task.isCancelled, waiting.now.offset < .seconds(60) {
                    await waiting.sleepers()
                    waiting.advance(by: .seconds(1))
                    await Task.yield()
                }
            }
            for await case .changed(let job) in changes where job.spec.attempt == 2 && job.status.isFinal { break }
            ticking.cancel()
        }
        #expect(try await tries.jobs(JobQuery()).jobs.count == 2)
    }

    @Test func isNotBelievedForAnHourWhenItLeapsForward() {
        var leap = ClockLeap(Stopwatch(clock), at: wall.now)
        wall.advance(by: 59)
        #expect(leap.look(at: wall.now) == nil && !leap.isDoubted)
        wall.advance(by: 86_400)
        #expect(leap.look(at: wall.now) == .seconds(86_400))
        #expect(leap.isDoubted)
        // Both go on alike.
        clock.advance(by: .seconds(3599))
        wall.advance(by: 3599)
        #expect(leap.look(at: wall.now) == nil && leap.isDoubted)
        clock.advance(by: .seconds(1))
        wall.advance(by: 1)
        #expect(leap.look(at: wall.now) == nil && !leap.isDoubted)
        wall.advance(by: -86_400)
        #expect(leap.look(at: wall.now) == nil && !leap.isDoubted)
    }

    @Test func takesNoJobAwayForItsAgeAtOnce() async throws {
        let (launcher, processes) = ScriptedLauncher.watched()
        try await withEngine(launcher, retention: RetentionPolicy(age: .seconds(1000))) { engine in
            let events = engine.events()
            let id = try await engine.submit(try JobSpec(command: .shell("anything"))).id
            var started = processes.makeAsyncIterator()
            try #require(await started.next()).end(.code(0))
            _ = try await engine.ended(id)
            wall.advance(by: 86_400 * 365 * 50)
            for _ in 0..<50 {
                await clock.sleepers()
                clock.advance(by: .seconds(65))
                wall.advance(by: 65)
            }
            #expect(try await engine.job(id).id == id)
            let ticking = Task { [clock] in
                while !Task.isCancelled {
                    await clock.sleepers()
                    clock.advance(by: .seconds(65))
                    await Task.yield()
                }
            }
            for await case .removed(id) in events { break }
            ticking.cancel()
            #expect(clock.now.offset >= .seconds(3600))
        }
    }

    @Test func stopsNoSampling() {
        var history = UsageHistory()
        for seconds in [0.0, 1, 2, -3600, -3599, -3598.9, 7200] {
            history.add(
                UsageSample(
                    time: wall.now.addingTimeInterval(seconds), cpuSeconds: 1, memoryBytes: 1, readBytes: 1,
                    writtenBytes: 1, processes: 1))
        }
        #expect(history.samples.count == 6)
    }
}
