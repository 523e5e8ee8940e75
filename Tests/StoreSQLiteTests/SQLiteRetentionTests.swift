import Foundation
import GRDB
import SrunKit
import Testing

@testable import StoreSQLite

@Suite("SQLite store: retention", .timeLimit(.minutes(1)))
struct SQLiteRetentionTests {
    @Test func isAnsweredByTheIndexAlone() async throws {
        try await withTemporaryStore { store, _ in
            for (sql, arguments) in [(SQLiteStore.finishedTotals, []), (SQLiteStore.finishedFirst, [5])] {
                let plan = try await store.read { db in
                    try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: StatementArguments(arguments))
                        .compactMap { $0["detail"] as String? }
                }
                #expect(plan == ["SCAN jobs USING COVERING INDEX jobs_finished"])
            }
        }
    }

    @Test func anEarlierDatabaseGetsTheIndex() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            let first = try await SQLiteStore.open(at: path, node: "here")
            try await first.insert(sampleJob(1))
            await first.close()
            let queue = try DatabaseQueue(path: path)
            try await queue.write { db in
                try db.execute(sql: "DROP INDEX jobs_finished; DROP TABLE taken_over")
                try db.execute(sql: "DELETE FROM grdb_migrations WHERE identifier = '2 retention'")
            }
            try queue.close()
            let second = try await SQLiteStore.open(at: path, node: "here")
            #expect(try await second.finishedJobs(oldest: 1) == FinishedJobs(count: 0, outputBytes: 0, oldest: []))
            #expect(try await second.job(sampleID(1)) == sampleJob(1))
            await second.close()
        }
    }

    @Test func aSumThatNoColumnCanHoldDoesNotFail() async throws {
        try await withTemporaryStore { store, _ in
            for number in 1...2 {
                try await store.insert(sampleJob(number))
                let end = JobEnd(outcome: JobOutcome(.lost), endedAt: Date(microseconds: 1), outputBytes: .max)
                let run = JobRun(startedAt: Date(timeIntervalSince1970: 1_750_000_000), processID: 4711)
                try await store.advance(sampleID(number), to: .finished(end, run))
            }
            #expect(try await store.finishedJobs(oldest: 1).outputBytes == .max)
        }
    }

    @Test func tellsTheRoomOnItsDisk() async throws {
        try await withTemporaryStore { store, path in
            let space = try await store.space()
            let values = try FileManager.default.attributesOfFileSystem(forPath: path)
            #expect(space.totalBytes == (values[.systemSize] as? NSNumber)?.int64Value)
            #expect((1...space.totalBytes).contains(space.freeBytes))
        }
    }

    @Test func aDiskThatIsGoneDoesNotAnswer() async throws {
        try await withTemporaryStore { store, path in
            try FileManager.default.removeItem(atPath: path)
            await #expect(throws: StoreError(.unavailable, "")) { try await store.space() }
        }
    }
}
