import Foundation
import GRDB
import NIOCore
import SrunKit
import Testing

@testable import StoreSQLite

@Suite("SQLite store: database", .timeLimit(.minutes(1)))
struct SQLiteDatabaseTests {
    @Test func settingsHoldOnEveryConnection() async throws {
        try await withTemporaryStore { store, _ in
            #expect(try await store.read { try Int.fetchOne($0, sql: "PRAGMA page_size") } == 16_384)
            #expect(try await store.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
            #expect(try await store.read { try Int.fetchOne($0, sql: "PRAGMA foreign_keys") } == 1)
            let (foreignKeys, timeout) = try await store.pool.writeWithoutTransaction { db in
                (try Int.fetchOne(db, sql: "PRAGMA foreign_keys"), try Int.fetchOne(db, sql: "PRAGMA busy_timeout"))
            }
            #expect(foreignKeys == 1)
            #expect(timeout == 5000)
        }
    }

    @Test(
        "a listing walks the index and never touches output",
        arguments: [
            JobQuery(),
            JobQuery(statuses: [.running]),
            JobQuery(statuses: [.running, .queued, .lost], after: JobCursor(sampleJob(1))),
            JobQuery(text: "needle"),
            JobQuery(statuses: [.completed], text: "needle", after: JobCursor(sampleJob(1))),
        ])
    func listingUsesIndex(_ query: JobQuery) async throws {
        let listing = JobListing(query, limit: 101)
        let plan = try await plan(of: listing.sql, listing.arguments)
        #expect(plan.contains { $0.contains("jobs USING INDEX jobs_by_creation") }, "\(plan)")
        #expect(!plan.contains { $0.contains("job_logs") || $0.contains("TEMP B-TREE") }, "\(plan)")
    }

    @Test(
        "a narrowed listing walks the index of what narrows it most",
        arguments: [
            (JobQuery(tag: "t"), "job_tags USING PRIMARY KEY (tag=?)"),
            (
                JobQuery(statuses: [.lost], tag: "t", node: "n", createdBy: "b", after: JobCursor(sampleJob(1))),
                "job_tags USING PRIMARY KEY (tag=? AND (created_at,job_id)<(?,?))"
            ),
            (JobQuery(createdBy: "b"), "jobs USING INDEX jobs_by_creator (created_by=?)"),
            (JobQuery(node: "n"), "jobs USING INDEX jobs_by_node (node=?)"),
        ])
    func narrowedListingUsesItsIndex(_ query: JobQuery, _ index: String) async throws {
        let listing = JobListing(query, limit: 101)
        let plan = try await plan(of: listing.sql, listing.arguments)
        #expect(plan.first == "SEARCH \(index)", "\(plan)")
        #expect(!plan.contains { $0.contains("job_logs") || $0.contains("TEMP B-TREE") }, "\(plan)")
    }

    @Test func anEarlierDatabaseLearnsOfTags() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            let first = try await SQLiteStore.open(at: path, node: "here")
            let job = Job(
                id: sampleID(1), spec: JobSpec(stored: .shell("w"), tags: ["a", "b", "a"]),
                createdAt: Date(microseconds: 7), node: "here")
            try await first.insert(job)
            await first.close()
            let queue = try DatabaseQueue(path: path)
            try await queue.write { db in
                try db.execute(
                    sql: """
                        DROP TRIGGER job_tags_added; DROP TRIGGER job_tags_removed; DROP TABLE job_tags;
                        DROP INDEX jobs_by_creator; DROP INDEX jobs_by_node; ALTER TABLE jobs DROP COLUMN created_by;
                        DELETE FROM grdb_migrations WHERE identifier = '3 who asked'
                        """)
            }
            try queue.close()
            let second = try await SQLiteStore.open(at: path, node: "here")
            #expect(try await second.jobs(JobQuery(tag: "a")).jobs == [job])
            #expect(try await second.job(job.id) == job)
            await second.close()
        }
    }

    @Test func noCheckpointBeginsOnceAllIsClosed() async throws {
        try await withTemporaryStore { store, path in
            let checkpointer = try Checkpointer(path: path)
            checkpointer.close()
            // The writer tells of its last transaction after it has answered, when whoever waited may have closed everything.
            try await store.pool.writeWithoutTransaction { db in
                checkpointer.wrote(64 << 20, db) { _ in Issue.record("a checkpoint ran") }
            }
            // Behind whatever has begun.
            checkpointer.close()
        }
    }

    @Test func tellsThatItsFileWasMovedAway() async throws {
        try await withTemporaryStore { store, path in
            #expect(await store.fault() == nil)
            try FileManager.default.moveItem(atPath: path, toPath: path + ".moved")
            #expect(await store.fault()?.code == .unavailable)
            try FileManager.default.moveItem(atPath: path + ".moved", toPath: path)
            #expect(await store.fault() == nil)
        }
    }

    @Test func unfinishedJobsAreFoundByTheirIndex() async throws {
        let plan = try await plan(of: SQLiteStore.unfinished, ["here"])
        #expect(plan == ["SEARCH jobs USING INDEX jobs_unfinished (node=?)"])
    }

    @Test func outputIsFoundByItsOffset() async throws {
        let range = try await plan(of: SQLiteStore.range, ["job": "a", "start": 5, "end": 10])
        #expect(
            range.filter { $0.hasPrefix("SEARCH") }.allSatisfy { $0.contains("INDEX job_logs_by_offset (job_id=? AND") }
        )
        #expect(!range.contains { $0.hasPrefix("SCAN job") || $0.contains("TEMP B-TREE") }, "\(range)")
        let length = try await plan(of: SQLiteStore.length, ["job": "a"])
        #expect(length.contains { $0.contains("INDEX job_logs_by_offset (job_id=?)") })
        #expect(!length.contains { $0.hasPrefix("SCAN job") || $0.contains("TEMP B-TREE") }, "\(length)")
    }

    private func plan(of sql: String, _ arguments: StatementArguments) async throws -> [String] {
        try await withTemporaryStore { store, _ in
            try await store.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: arguments).map { $0["detail"] }
            }
        }
    }

    @Test func smallChunksShareARowAndLargeOnesAreCut() async throws {
        try await withTemporaryStore { store, _ in
            try await store.insert(sampleJob(1))
            let time = Date(timeIntervalSince1970: 1_750_000_000)
            let small = (0..<1000).map { number in
                LogChunk(offset: Int64(number), time: time, stream: .output, bytes: .init(bytes: [UInt8(number % 256)]))
            }
            try await store.append(small, to: sampleID(1))
            try await store.append([sampleChunk(at: 1000, [UInt8](repeating: 1, count: 200_000))], to: sampleID(1))
            let rows = try await store.read { db in
                try Int.fetchAll(
                    db, sql: "SELECT ifnull(unpacked_bytes, length(content)) FROM job_logs ORDER BY id")
            }
            #expect(rows == [1000, 65_536, 65_536, 65_536, 3392])
        }
    }

    @Test func aReadLoadsWhatWasAskedForOnly() async throws {
        try await withTemporaryStore { store, _ in
            try await store.insert(sampleJob(1))
            try await store.append([sampleChunk(at: 0, sampleNoise(1 << 20))], to: sampleID(1))
            let chunks = try await store.chunks(of: sampleID(1), from: 65_530, limit: 12)
            #expect(chunks.map(\.offset) == [65_530, 65_536])
            #expect(chunks.map(\.bytes.readableBytes) == [6, 6])
            #expect(chunks.allSatisfy { $0.bytes.storageCapacity <= 64 })
        }
    }

    @Test func outputThatRepeatsItselfIsPacked() async throws {
        try await withTemporaryStore { store, _ in
            try await store.insert(sampleJob(1))
            let lines = (0..<40_000).flatMap { Array("line \($0) of a log as they are\n".utf8) }
            let output = Array("small\n".utf8) + lines + sampleNoise(100_000) + lines
            try await store.append([sampleChunk(at: 0, output)], to: sampleID(1))
            let stored = try await store.read { db in
                try Int.fetchOne(db, sql: "SELECT sum(length(content)) FROM job_logs")
            }
            #expect(try #require(stored) < (output.count - 100_000) / 3 + 100_000)
            #expect(try await store.storedBytes(of: sampleID(1)) == Int64(output.count))
            #expect(try await bytes(of: sampleID(1), in: store) == output)
            // Every border of a row, and places in the middle of one.
            for start in stride(from: 0, to: output.count, by: 65_536).flatMap({ [$0 - 1, $0, $0 + 1, $0 + 777] })
            where (0..<output.count).contains(start) {
                let part = try await store.chunks(of: sampleID(1), from: Int64(start), limit: 70_000)
                #expect(part.first?.offset == Int64(start))
                #expect(part.flatMap { [UInt8]($0.bytes.readableBytesView) } == Array(output[start...].prefix(70_000)))
            }
        }
    }

    @Test(arguments: [
        "unpacked_bytes = 1000000", "unpacked_bytes = 70", "content = x'ff'",
        "content = randomblob(500)", "content = x''",
    ])
    func aDamagedRowOfOutputIsAnErrorAndNothingWorse(damage: String) async throws {
        try await withTemporaryStore { store, _ in
            try await store.insert(sampleJob(1))
            try await store.append([sampleChunk(at: 0, [UInt8](repeating: 1, count: 60_000))], to: sampleID(1))
            try await store.pool.write { try $0.execute(sql: "UPDATE job_logs SET \(damage)") }
            await #expect(throws: StoreError(.corrupt, "")) {
                try await store.chunks(of: sampleID(1), from: 0, limit: 100)
            }
        }
    }

    /// A trigger stands for whatever makes one write fail in the middle of a transaction.
    @Test func oneWriteThatCannotBeDoneDoesNotFailTheOthers() async throws {
        try await withTemporaryStore { store, _ in
            for number in 1...20 { try await store.insert(sampleJob(number)) }
            let bad = sampleID(7)
            try await store.pool.writeWithoutTransaction { db in
                try db.execute(
                    sql: """
                        CREATE TEMP TRIGGER broken BEFORE INSERT ON main.job_logs WHEN NEW.job_id = '\(bad.text)' BEGIN
                            SELECT RAISE(ABORT, 'broken');
                        END
                        """)
            }
            await withTaskGroup(of: Void.self) { group in
                for number in 1...20 {
                    group.addTask {
                        do {
                            try await store.append([sampleChunk(at: 0, "output".utf8)], to: sampleID(number))
                            #expect(sampleID(number) != bad)
                        } catch {
                            #expect(sampleID(number) == bad)
                        }
                    }
                }
            }
            for number in 1...20 {
                let expected = sampleID(number) == bad ? [] : Array("output".utf8)
                #expect(try await bytes(of: sampleID(number), in: store) == expected)
            }
        }
    }

    @Test func writesThatArriveTogetherShareTransactions() async throws {
        try await withTemporaryStore { store, _ in
            for number in 1...50 { try await store.insert(sampleJob(number)) }
            let commits = Commits()
            // The writer is held until all have arrived.
            try await store.pool.writeWithoutTransaction { db in
                db.add(transactionObserver: commits, extent: .databaseLifetime)
            }
            await withTaskGroup(of: Void.self) { group in
                for number in 1...50 {
                    group.addTask {
                        await #expect(throws: Never.self) {
                            try await store.append([sampleChunk(at: 0, "x".utf8)], to: sampleID(number))
                        }
                    }
                }
            }
            let count = try await store.pool.writeWithoutTransaction { _ in commits.count }
            #expect(count < 50)
        }
    }

    /// Used on the writer's queue only.
    private final class Commits: TransactionObserver, @unchecked Sendable {
        var count = 0
        func observes(eventsOfKind: DatabaseEventKind) -> Bool { false }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidCommit(_ db: Database) { count += 1 }
        func databaseDidRollback(_ db: Database) {}
    }

    @Test func aFullDiskIsSaidAndNothingIsHalfWritten() async throws {
        try await withTemporaryStore { store, _ in
            try await store.insert(sampleJob(1))
            try await limitPages(of: store, to: 40)
            let output = sampleNoise(1 << 20)
            await #expect(throws: StoreError(.full, "")) {
                try await store.append([sampleChunk(at: 0, output)], to: sampleID(1))
            }
            #expect(try await store.storedBytes(of: sampleID(1)) == 0)

            try await limitPages(of: store, to: 100_000)
            try await store.append([sampleChunk(at: 0, output)], to: sampleID(1))
            #expect(try await bytes(of: sampleID(1), in: store) == output)
        }
    }

    private func limitPages(of store: SQLiteStore, to count: Int) async throws {
        _ = try await store.pool.writeWithoutTransaction { db in
            try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(count)")
        }
    }

    @Test func aWriteWaitsForAnotherProgramThatIsSoonDone() async throws {
        try await withTemporaryStore { store, path in
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.beginTransaction(.immediate) }
            async let write: Void = store.insert(sampleJob(1))
            try await other.writeWithoutTransaction { try $0.rollback() }
            try await write
            try other.close()
        }
    }

    @Test func roomOfRemovedOutputIsUsedAgain() async throws {
        try await withTemporaryStore { store, path in
            var sizes: [Int] = []
            for number in 1...6 {
                try await store.insert(sampleJob(number))
                try await store.append(
                    [sampleChunk(at: 0, [UInt8](repeating: 9, count: 1 << 20))], to: sampleID(number))
                let run = try #require(sampleJob(number).state.run)
                try await store.advance(
                    sampleID(number),
                    to: .finished(JobEnd(outcome: JobOutcome(.lost), endedAt: run.startedAt, outputBytes: 1 << 20), run)
                )
                try await store.remove(sampleID(number))
                _ = try await store.pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
                sizes.append(try content(of: path).count)
            }
            #expect(sizes.last == sizes.first)
        }
    }

    @Test func errorsSayNothingOfCommandsOrOutput() {
        let error = DatabaseError(
            resultCode: .SQLITE_CONSTRAINT, message: "secret", sql: "INSERT INTO jobs", arguments: ["password"])
        let codes: [ResultCode] = [
            .SQLITE_FULL, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB,
            .SQLITE_CANTOPEN,
            .SQLITE_READONLY, .SQLITE_MISUSE,
        ]
        for error in [error]
            + codes.map({ DatabaseError(resultCode: $0, message: "secret", sql: "SELECT", arguments: ["password"]) })
        {
            let text = StoreError(error).description
            #expect(
                !text.contains("secret") && !text.contains("password") && !text.contains("SELECT")
                    && !text.contains("INSERT"))
        }
    }
}
