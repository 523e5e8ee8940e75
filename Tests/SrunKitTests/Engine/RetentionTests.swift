import Foundation
import Logging
import NIOCore
import SrunKit
import SrunTestSupport
import StoreMemory
import Testing

@Suite("Retention", .timeLimit(.minutes(1)))
struct RetentionTests {
    private let store = MemoryStore()
    private let clock = ManualClock()
    private let launcher = ScriptedLauncher { _ in
        let process = ScriptedProcess()
        process.end(.code(0))
        return process
    }

    private func configuration(_ retention: RetentionPolicy) -> EngineConfiguration {
        EngineConfiguration(node: "test", retention: retention)
    }

    private func id(_ number: Int) -> JobID { JobID(milliseconds: UInt64(number), sequence: 0, random: 0) }

    /// A job that ended so many seconds ago and printed one byte.
    private func insert(_ number: Int, endedAgo seconds: Double, node: String = "test") async throws {
        let ended = Date().addingTimeInterval(-seconds)
        let run = JobRun(startedAt: ended)
        let job = Job(
            id: id(number), spec: try JobSpec(command: .shell("anything")), createdAt: ended, node: node,
            state: .running(run))
        try await store.insert(job)
        try await store.append(
            [LogChunk(offset: 0, time: ended, stream: .output, bytes: ByteBuffer(string: "x"))], to: job.id)
        try await store.advance(
            job.id, to: .finished(JobEnd(outcome: JobOutcome(.lost), endedAt: ended, outputBytes: 1), run))
    }

    @Test func removesAtTheStartOldestFirstAndTellsEverybody() async throws {
        for number in 1...5 { try await insert(number, endedAgo: 1000 - Double(number)) }
        try await insert(6, endedAgo: 2000, node: "elsewhere")
        let engine = Engine(
            store: store, launcher: launcher, configuration: configuration(RetentionPolicy(jobs: 3)),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
        let events = engine.events()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            var removed: [JobID] = []
            for await case .removed(let id) in events {
                removed.append(id)
                if removed.count == 3 { break }
            }
            #expect(removed == [id(6), id(1), id(2)])
            engine.shutDownAtOnce()
            try await group.waitForAll()
        }
        #expect(try await store.jobs(JobQuery()).jobs.map(\.id) == [id(5), id(4), id(3)])
    }

    @Test func removesOnceAMinuteWhatHasBecomeTooOld() async throws {
        try await withEngine(
            store: store, launcher: launcher, configuration: configuration(RetentionPolicy(age: .seconds(3600))),
            clock: clock
        ) { engine in
            let events = engine.events()
            // The first round has found nothing once its pause begins.
            await clock.sleepers()
            try await insert(1, endedAgo: 4000)
            clock.advance(by: .seconds(5))
            await clock.sleepers()
            #expect(try await engine.job(id(1)).status == .lost)
            clock.advance(by: .seconds(60))
            for await case .removed(let removed) in events {
                #expect(removed == id(1))
                break
            }
        }
    }

    @Test func removesWhenAJobHasEnded() async throws {
        try await withEngine(
            store: store, launcher: launcher, configuration: configuration(RetentionPolicy(jobs: 1)), clock: clock
        ) { engine in
            let events = engine.events()
            await clock.sleepers()
            try await insert(1, endedAgo: 1000)
            let job = try await engine.submit(try JobSpec(command: .shell("anything")))
            _ = try await engine.ended(job.id)
            clock.advance(by: .seconds(5))
            for await case .removed(let removed) in events {
                #expect(removed == id(1))
                break
            }
            #expect(try await engine.job(job.id).status == .completed)
        }
    }

    @Test func neverRemovesAJobThatHasNotEnded() async throws {
        let waiting = ScriptedLauncher { _ in ScriptedProcess() }
        let nothing = RetentionPolicy(age: .zero, jobs: 0, bytes: 0)
        try await withEngine(
            store: store, launcher: waiting, configuration: configuration(nothing), clock: clock
        ) { engine in
            let job = try await engine.submit(try JobSpec(command: .shell("anything")))
            await clock.sleepers()
            clock.advance(by: .seconds(5))
            await clock.sleepers()
            clock.advance(by: .seconds(60))
            await clock.sleepers()
            #expect(try await engine.job(job.id).status == .running)
        }
    }
}
