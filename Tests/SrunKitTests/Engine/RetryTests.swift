import Foundation
import Logging
import SrunKit
import SrunTestSupport
import StoreMemory
import Testing

@Suite("Further tries", .timeLimit(.minutes(1)))
struct RetryTests {
    /// Fails at once, whatever it is.
    private static let failing = ScriptedLauncher { _ in
        let process = ScriptedProcess()
        process.end(.code(1))
        return process
    }

    private func spec(pause: Double) throws -> JobSpec {
        try JobSpec(command: .shell("anything")).with(
            retries: RetryPolicy(count: 1, delaySeconds: pause, maxDelaySeconds: 3600))
    }

    private func tries(of id: JobID, in store: MemoryStore) async throws -> [Job] {
        try await store.jobs(JobQuery()).jobs.filter { $0.spec.retry?.of == id }
    }

    @Test func triesAgainAfterThePauseAndNotMoreOften() async throws {
        let store = MemoryStore()
        try await withEngine(store: store, launcher: Self.failing) { engine in
            let changes = engine.events()
            let first = try await engine.ended(try await engine.submit(spec(pause: 0.05)).id)
            let retryAt = try #require(first.state.end?.retryAt)
            #expect(abs(retryAt.timeIntervalSince(try #require(first.state.end?.endedAt)) - 0.05) < 0.000_01)
            for await case .changed(let job) in changes where job.spec.attempt == 2 && job.status.isFinal {
                #expect(job.spec.retry?.of == first.id)
                #expect(job.state.end?.retryAt == nil)
                break
            }
            #expect(try await engine.job(first.id).state.end?.retryAt == nil)
        }
        #expect(try await store.jobs(JobQuery()).jobs.count == 2)
    }

    @Test func goesOnWaitingUnderTheNextServer() async throws {
        let store = MemoryStore()
        let id = try await withEngine(store: store, launcher: Self.failing) { engine in
            try await engine.ended(try await engine.submit(spec(pause: 3000)).id).id
        }
        #expect(try await tries(of: id, in: store).isEmpty)
        // The next one begins when the pause is over.
        let later = Engine(
            store: store, launcher: Self.failing, configuration: EngineConfiguration(node: "test"),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, now: { Date(timeIntervalSinceNow: 3001) })
        let changes = later.events()
        async let life: Void = later.run()
        for await case .changed(let job) in changes where job.spec.attempt == 2 && job.status.isFinal { break }
        later.shutDown()
        try await life
        #expect(try await tries(of: id, in: store).count == 1)
        #expect(try await store.job(id)?.state.end?.retryAt == nil)
    }

    @Test func doesNotTryWhatWasRemoved() async throws {
        let store = MemoryStore()
        let gone = try await withEngine(store: store, launcher: Self.failing) { engine in
            let changes = engine.events()
            let job = try await engine.ended(try await engine.submit(spec(pause: 0.3)).id)
            try await engine.remove(job.id)
            // One whose pause is over later.
            let other = try await engine.submit(spec(pause: 0.6))
            for await case .changed(let job) in changes where job.spec.retry?.of == other.id { break }
            return job.id
        }
        #expect(try await tries(of: gone, in: store).isEmpty)
    }
}
