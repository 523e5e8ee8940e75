import Foundation
import NIOCore
import SrunKit
import Testing

@testable import StorePostgres

@Suite("PostgreSQL as the store of a team", .serialized, .timeLimit(.minutes(1)))
struct PostgresTeamTests {
    private let start = Date(microseconds: 1_750_000_000_123_456)

    private func withStore(_ body: (PostgresStore) async throws -> Void) async throws {
        let store = try await PostgresStore.open(TestDatabase.address, schema: TestDatabase.newSchema())
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private func job(_ number: Int) -> Job {
        Job(
            id: JobID(milliseconds: UInt64(number), sequence: 0, random: 0), spec: JobSpec(stored: .shell("echo")),
            createdAt: start, node: "a", state: .running(JobRun(startedAt: start, processID: 1)))
    }

    private func chunk(at offset: Int64, _ text: String) -> LogChunk {
        // So far apart that each stands in a row of its own.
        LogChunk(
            offset: offset, time: start.addingTimeInterval(Double(offset)), stream: .output,
            bytes: ByteBuffer(string: text))
    }

    private func text(_ news: JobNews?) -> String { (news?.chunks ?? []).map { String(buffer: $0.bytes) }.joined() }

    /// Works as an older version would that finds what a newer one has made of the tables.
    private func change(_ schema: String, version: Int, oldestReader: Int) async throws {
        let (tables, pool) = (
            PostgresSchema(name: schema), ConnectionPool(PQTarget(text: try TestDatabase.address), limit: 1)
        )
        _ = try await pool.perform([
            PQStatement(
                "ALTER TABLE \(tables.jobs) ADD COLUMN shoe_size int4, ADD COLUMN colour text NOT NULL DEFAULT 'red'"),
            PQStatement(
                "CREATE TABLE \(tables.table("hats")) (job_id text REFERENCES \(tables.jobs) (id) ON DELETE CASCADE)"),
            PQStatement(
                """
                INSERT INTO \(tables.table("schema_versions")) (version, name, oldest_reader)
                VALUES (\(version), 'of a later release', \(oldestReader))
                """),
        ])
        await pool.close()
    }

    @Test("the version before works beside the tables of the next one")
    func worksBesideNewerTables() async throws {
        let schema = TestDatabase.newSchema()
        let present = try await PostgresStore.open(TestDatabase.address, schema: schema)
        let next = present.schema.migrations.count + 1
        try await change(schema, version: next, oldestReader: PostgresSchema.oldestReader)
        // One that serves already goes on, and one that starts now comes up.
        let other = try await PostgresStore.open(TestDatabase.address, schema: schema)
        for (number, store) in [present, other].enumerated() {
            let node = TeamNode(name: "n\(number)", machine: "m", version: "1", labels: [], capacity: 1)
            try await store.join(node, lease: .seconds(30))
            let mine = Job(
                id: job(number + 1).id, spec: JobSpec(stored: .shell("echo")), createdAt: start, node: "")
            try await store.insert(mine)
            let claimed = try #require(try await store.claim(limit: 5).first)
            #expect(claimed.id == mine.id)
            try await store.append([chunk(at: 0, "hello")], to: mine.id)
            let end = JobEnd(outcome: JobOutcome(.exited(.code(0))), endedAt: start, outputBytes: 5)
            try await store.advance(mine.id, to: .finished(end, claimed.state.run))
            #expect(try await store.job(mine.id)?.status == .completed)
            #expect(try await store.jobs(JobQuery()).jobs.map(\.id) == [mine.id])
            try await store.remove(mine.id)
        }
        #expect(try await PostgresStore.migrate(TestDatabase.address, schema: schema).isEmpty)
        await present.close()
        await other.close()
    }

    @Test("tables that this version would not understand are refused, and left alone")
    func refusesTablesOfTheFuture() async throws {
        let schema = TestDatabase.newSchema()
        let present = try await PostgresStore.open(TestDatabase.address, schema: schema)
        let next = present.schema.migrations.count + 1
        await present.close()
        try await change(schema, version: next, oldestReader: next)
        await #expect(throws: StoreError(.newerSchema, "")) {
            try await PostgresStore.open(TestDatabase.address, schema: schema)
        }
        await #expect(throws: StoreError(.newerSchema, "")) {
            try await PostgresStore.migrate(TestDatabase.address, schema: schema)
        }
    }

    @Test("what is new of many jobs is read at once")
    func tellsNews() async throws {
        try await withStore { store in
            for number in 1...4 { try await store.insert(job(number)) }
            let ids = (1...4).map { job($0).id }
            let absent = job(9).id
            for index in 0..<3 {
                try await store.append([chunk(at: Int64(index * 4), "one\(index)")], to: ids[0])
            }
            try await store.append([chunk(at: 0, String(repeating: "x", count: 200_000))], to: ids[1])
            try await store.append([chunk(at: 0, "0123456789"), chunk(at: 10, "abc")], to: ids[3])
            _ = try await store.drop(2..<7, of: ids[3])
            let end = JobEnd(outcome: JobOutcome(.exited(.code(3))), endedAt: start, outputBytes: 12)
            try await store.advance(ids[0], to: .finished(end, job(1).state.run))

            func news(_ places: [(JobID, Int64)]) async throws -> [JobID: JobNews] {
                let found = try await store.news(of: places.map { OutputPlace(job: $0.0, offset: $0.1) })
                return Dictionary(uniqueKeysWithValues: found.map { ($0.job.id, $0) })
            }
            var found = try await news([(ids[0], 6), (ids[1], 0), (ids[2], 0), (ids[3], 0), (absent, 0)])
            #expect(found.count == 4)
            #expect(text(found[ids[0]]) == "e1one2")
            #expect(found[ids[0]]?.chunks.first?.offset == 6)
            #expect(found[ids[0]]?.job.outputBytes == 12)
            #expect(found[ids[0]]?.job.status == .failed)
            #expect(found[ids[1]]?.chunks.isEmpty == false)
            #expect(found[ids[2]]?.chunks.isEmpty == true)
            #expect(text(found[ids[3]]) == "01")
            found = try await news([(ids[0], 12), (ids[1], 199_999), (ids[3], 4)])
            #expect(found[ids[0]]?.chunks.isEmpty == true)
            #expect(text(found[ids[1]]) == "x")
            #expect(found[ids[3]]?.chunks.first?.offset == 7)
            #expect(text(found[ids[3]]) == "789abc")
            found = try await news([(ids[3], 8)])
            #expect(text(found[ids[3]]) == "89abc")

            // By as many calls as it takes, every byte.
            var (offset, bytes): (Int64, Int) = (0, 0)
            while let chunks = try await news([(ids[1], offset)])[ids[1]]?.chunks, let last = chunks.last {
                #expect(chunks.first?.offset == offset)
                bytes += chunks.reduce(0) { $0 + $1.bytes.readableBytes }
                offset = last.end
            }
            #expect(bytes == 200_000)
        }
    }

    @Test("tries are for others once their node is gone")
    func leavesRetriesBehind() async throws {
        let schema = TestDatabase.newSchema()
        let (gone, other) = (
            try await PostgresStore.open(TestDatabase.address, schema: schema),
            try await PostgresStore.open(TestDatabase.address, schema: schema)
        )
        func node(_ name: String) -> TeamNode {
            TeamNode(name: name, machine: "m", version: "1", labels: [], capacity: 1)
        }
        try await gone.join(node("a"), lease: .milliseconds(300))
        try await other.join(node("b"), lease: .seconds(30))
        for (number, seconds) in [(1, 20.0), (2, 10), (3, 30)] {
            try await gone.insert(job(number))
            let end = JobEnd(
                outcome: JobOutcome(.exited(.code(1))), endedAt: start, outputBytes: 0,
                retryAt: start.addingTimeInterval(seconds))
            try await gone.advance(job(number).id, to: .finished(end, job(number).state.run))
        }
        let later = start.addingTimeInterval(20)
        #expect(try await other.retriesLeftBehind(at: later).isEmpty)
        while try await other.bury(after: .zero).isEmpty, try await other.nodes().first?.state != .down {}
        #expect(try await other.retriesLeftBehind(at: later).map(\.id) == [job(2).id, job(1).id])
        // Both try, since each thinks that it is to.
        func next(_ number: Int) -> Job {
            let spec = JobSpec(stored: .shell("echo")).tried(RetryOrigin(of: job(1).id, attempt: 2))
            return Job(id: job(number).id, spec: spec, createdAt: start, node: "")
        }
        try await other.insert(next(7))
        try await gone.join(node("a"), lease: .seconds(30))
        await #expect(throws: StoreError(.alreadyExists, "")) { try await gone.insert(next(8)) }
        // It is back, and waits for its own.
        #expect(try await other.retriesLeftBehind(at: later).isEmpty)
        #expect(try await gone.jobsToRetry(onNode: "a").map(\.id) == [job(2).id, job(3).id])
        await gone.close()
        await other.close()
    }

    @Test("a node that may not write says so before anybody asks it to")
    func tellsFault() async throws {
        try await withStore { store in
            let node = TeamNode(name: "a", machine: "m", version: "1", labels: [], capacity: 1)
            try await store.join(node, lease: .milliseconds(1))
            #expect(await store.fault() == nil)
            _ = try await store.renew(NodeLoad(running: 0, address: ""))
            #expect(await store.fault() == nil)
            // Renewed for a moment, and then given up by the others.
            while (try? await store.renew(NodeLoad(running: 0, address: ""))) != nil {
                _ = try await store.bury(after: .zero)
            }
            #expect(await store.fault() == StoreError(.fenced, ""))
            try await store.join(node, lease: .seconds(30))
            _ = try await store.renew(NodeLoad(running: 0, address: ""))
            #expect(await store.fault() == nil)
            await store.close()
            await #expect(throws: StoreError(.unavailable, "")) {
                try await store.renew(NodeLoad(running: 0, address: ""))
            }
            #expect(await store.fault() == StoreError(.unavailable, ""))
        }
    }
}
