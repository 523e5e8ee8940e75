import Foundation
import GRDB
import NIOCore
import SrunKit
import StoreConformance
import Testing

@testable import StoreSQLite

@Suite("SQLite store: the earlier tool's database", .timeLimit(.minutes(1)))
struct LegacyTests {
    static let schema = """
        CREATE TABLE jobs (
            id TEXT PRIMARY KEY,
            command TEXT NOT NULL,
            pid INTEGER,
            status TEXT CHECK(status IN ('running','stopped','completed','failed','timeout')) NOT NULL,
            created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
            stopped_at DATETIME,
            exit_code INTEGER
        );
        CREATE TABLE job_logs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            job_id TEXT NOT NULL,
            content TEXT NOT NULL,
            log_level TEXT CHECK(log_level IN ('stdout','stderr')) NOT NULL,
            created_at DATETIME DEFAULT CURRENT_TIMESTAMP,
            FOREIGN KEY(job_id) REFERENCES jobs(id) ON DELETE CASCADE
        );
        """

    static let completed = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
    static let running = "7d444840-9dc0-11d1-b245-5ffdce74fad2"

    static let rows = """
        INSERT INTO jobs VALUES
            ('\(completed)', 'make all', 4242, 'completed', '2025-05-20 12:34:56.789012345 +0200 CEST m=+0.01',
                '2025-05-20T10:35:00.5Z', 0),
            ('\(running)', 'sleep 1000', 4243, 'running', '2025-05-20 12:00:00', NULL, NULL),
            ('failed-1', 'false', 4244, 'failed', '2025-05-20T12:00:01+02:00', '2025-05-20T12:00:02+02:00', 3),
            ('failed-2', 'false', NULL, 'failed', '2025-05-20T12:00:01Z', '2025-05-20T12:00:02Z', NULL),
            ('stopped-1', 'cat', 4245, 'stopped', '2025-05-20T12:00:01Z', '2025-05-20T12:00:02Z', NULL),
            ('timeout-1', 'cat', 4246, 'timeout', '2025-05-20T12:00:01Z', '2025-05-20T12:00:02Z', -1);
        INSERT INTO job_logs (job_id, content, log_level, created_at) VALUES
            ('\(completed)', 'cc -c a.c' || char(10), 'stdout', '2025-05-20 12:34:57.1 +0200 CEST'),
            ('\(running)', 'tick ', 'stdout', '2025-05-20 12:00:01'),
            ('\(completed)', 'warning: b' || char(10), 'stderr', '2025-05-20 12:34:58.1 +0200 CEST'),
            ('\(running)', 'tock', 'stdout', '2025-05-20 12:00:02'),
            ('\(completed)', CAST(x'00ff1b5b306d00' AS TEXT), 'stdout', '2025-05-20 12:34:59.1 +0200 CEST'),
            ('\(completed)', x'c3280a', 'stdout', '2025-05-20 12:34:59.105 +0200 CEST');
        """

    /// Makes a file as the earlier tool would have left it.
    private func makeDatabase(at path: String, _ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in try db.execute(sql: sql) }
        try queue.close()
    }

    private func withTakenOver<Value>(
        _ sql: String, _ body: (SQLiteStore, _ path: String) async throws -> Value
    ) async throws -> Value {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try makeDatabase(at: path, sql)
            let store = try await SQLiteStore.open(at: path, node: "here")
            let value = try await body(store, path)
            await store.close()
            return value
        }
    }

    @Test func jobsAndOutputAreTakenOver() async throws {
        try await withTakenOver(Self.schema + Self.rows) { store, _ in
            #expect(try await store.jobs(JobQuery()).jobs.count == 6)
            let id = try #require(JobID(Self.completed))
            let job = try #require(try await store.job(id))
            #expect(job.spec == JobSpec(stored: .shell("make all")))
            #expect(job.node == "here")
            #expect(job.createdAt.microseconds == 1_747_737_296_789_012)
            #expect(job.state.run == JobRun(startedAt: job.createdAt, processID: 4242))
            #expect(job.state.end?.endedAt.microseconds == 1_747_737_300_500_000)
            #expect(job.state.end?.outcome == JobOutcome(.exited(.code(0))))

            let output =
                Array("cc -c a.c\nwarning: b\n".utf8) + [0x00, 0xff, 0x1b, 0x5b, 0x30, 0x6d, 0x00, 0xc3, 0x28, 0x0a]
            #expect(try await bytes(of: job.id, in: store) == output)
            #expect(job.outputBytes == Int64(output.count))
            let chunks = try await store.chunks(of: job.id, from: 0, limit: 100)
            #expect(chunks.map(\.stream) == [.output, .error, .output])
            #expect(
                chunks.map(\.time.microseconds) == [
                    1_747_737_297_100_000, 1_747_737_298_100_000, 1_747_737_299_100_000,
                ])
        }
    }

    @Test func whatWasTakenOverIsAsOldAsItsPresenceHere() async throws {
        let before = Date().inWholeMicroseconds
        try await withTakenOver(Self.schema + Self.rows) { store, _ in
            let takenOverAt = try #require(try await store.finishedJobs(oldest: 1).takenOverAt)
            #expect((before...Date()).contains(takenOverAt))
        }
    }

    @Test func statusesBecomeOutcomes() async throws {
        try await withTakenOver(Self.schema + Self.rows) { store, _ in
            func outcome(_ id: String) async throws -> JobOutcome? {
                let id = try #require(JobID(id))
                return try await store.job(id)?.state.end?.outcome
            }
            #expect(try await outcome("failed-1") == JobOutcome(.exited(.code(3))))
            #expect(try await outcome("failed-2")?.status == .failed)
            #expect(try await outcome("stopped-1") == JobOutcome(.stopped(nil)))
            #expect(try await outcome("timeout-1") == JobOutcome(.timedOut(nil)))
            let unfinished = try await store.unfinishedJobs(onNode: "here")
            #expect(unfinished.isEmpty)
        }
    }

    @Test func aJobThatWasRunningIsLost() async throws {
        try await withTakenOver(Self.schema + Self.rows) { store, _ in
            let id = try #require(JobID(Self.running))
            let job = try #require(try await store.job(id))
            #expect(job.status == .lost)
            #expect(job.state.end?.outcome.exit == nil)
            // Nobody knows when it ended; it lived at least until its last line.
            #expect(job.state.end?.endedAt.microseconds == 1_747_742_402_000_000)
            #expect(try await bytes(of: job.id, in: store) == Array("tick tock".utf8))
        }
    }

    @Test func aCopyIsLeftBeside() async throws {
        try await withTakenOver(Self.schema + Self.rows) { store, path in
            let backup = try #require(store.backupOfEarlierTool)
            #expect(backup.hasPrefix(path + ".backup-2"))
            #expect(try mode(of: backup) == 0o600)
            #expect(try mode(of: path) == 0o600)
            let queue = try DatabaseQueue(path: backup)
            #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM job_logs") } == 6)
            #expect(
                try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM jobs WHERE status = 'running'") }
                    == 1)
            try queue.close()
            #expect(try await store.read { try Int.fetchOne($0, sql: "PRAGMA page_size") } == 16_384)
        }
    }

    @Test func aDatabaseIsTakenOverOnce() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try makeDatabase(at: path, Self.schema + Self.rows)
            let first = try await SQLiteStore.open(at: path, node: "here")
            let jobs = try await first.jobs(JobQuery()).jobs
            await first.close()
            let second = try await SQLiteStore.open(at: path, node: "here")
            #expect(second.backupOfEarlierTool == nil)
            #expect(try await second.jobs(JobQuery()).jobs == jobs)
            await second.close()
            #expect(try names(in: folder).count { $0.contains("backup") } == 1)
        }
    }

    @Test func oddRowsCostThemselvesOnly() async throws {
        let odd = """
            INSERT INTO jobs VALUES
                (NULL, 'no identifier', NULL, 'completed', NULL, NULL, NULL),
                ('', 'empty identifier', -5, 'completed', '', 'yesterday', 1e300),
                ('a/b', 'slash', 99999999999, 'failed', 1747742400, 1747742401000, 0),
                ('legacy-3', 'taken name', 'text', 'stopped', '2025-05-20', '0000-00-00 00:00:00', 'text'),
                ('\(String(repeating: "x", count: 65))', 'too long', 1, 'completed', '2025-13-45 99:99:99', NULL, 256),
                ('blob', x'63617420c328', 1, 'failed', '2025-05-20 12:00:00', NULL, -1);
            INSERT INTO job_logs (job_id, content, log_level, created_at) VALUES
                ('a/b', 'of the slash', 'stdout', NULL),
                ('gone', 'of a job that is gone', 'stdout', '2025-05-20 12:00:00'),
                ('blob', 12345, 'stderr', 'never'),
                ('blob', '', 'stdout', NULL),
                ('blob', 1.5, 'stdout', NULL);
            """
        try await withTakenOver(Self.schema + odd) { store, _ in
            let jobs = try await store.jobs(JobQuery()).jobs
            #expect(jobs.count == 6)
            func job(_ command: String) throws -> Job {
                let found = jobs.first { $0.spec.commandText == command }
                return try #require(found)
            }

            let slash = try job("slash")
            #expect(slash.id.text == "legacy-3-")
            #expect(slash.createdAt == Date(timeIntervalSince1970: 1_747_742_400))
            #expect(slash.state.end?.endedAt == Date(timeIntervalSince1970: 1_747_742_401))
            #expect(slash.state.run?.processID == nil)
            #expect(slash.status == .failed)
            #expect(try await bytes(of: slash.id, in: store) == Array("of the slash".utf8))

            #expect(try job("taken name").id.text == "legacy-3")
            #expect(try job("no identifier").id.text == "legacy-1")
            #expect(try job("empty identifier").state.run?.processID == nil)
            #expect(try job("too long").status == .completed)
            let blob = try #require(jobs.first { $0.id.text == "blob" })
            #expect(try await bytes(of: blob.id, in: store) == Array("123451.5".utf8))
            #expect(blob.outputBytes == 8)
        }
    }

    @Test func anOlderSchemaWithFewerColumnsIsTakenOver() async throws {
        let older = """
            CREATE TABLE jobs (id TEXT PRIMARY KEY, command TEXT, pid INTEGER, status TEXT, created_at DATETIME, stopped_at DATETIME);
            CREATE TABLE job_logs (job_id TEXT REFERENCES jobs(id), content TEXT, created_at DATETIME);
            INSERT INTO jobs VALUES ('old', 'ls', 1, 'completed', '2024-01-01 00:00:00', '2024-01-01 00:00:01');
            INSERT INTO job_logs VALUES ('old', 'one ', NULL), ('old', 'two', NULL), ('old', NULL, NULL);
            """
        try await withTakenOver(older) { store, _ in
            let id = try #require(JobID("old"))
            #expect(try await store.job(id)?.status == .completed)
            #expect(try await bytes(of: id, in: store) == Array("one two".utf8))
        }
    }

    @Test func largeOutputIsCutIntoRows() async throws {
        let large = """
            INSERT INTO jobs VALUES ('large', 'yes', 1, 'completed', '2024-01-01 00:00:00', '2024-01-01 00:00:01', 0);
            INSERT INTO job_logs (job_id, content, log_level) VALUES ('large', randomblob(3000000), 'stdout');
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
            INSERT INTO job_logs (job_id, content, log_level) SELECT 'large', printf('line %05d', i), 'stdout' FROM n;
            """
        try await withTakenOver(Self.schema + large) { store, _ in
            let id = try #require(JobID("large"))
            #expect(try await store.storedBytes(of: id) == 3_050_000)
            let tail = try await store.chunks(of: id, from: 3_049_990, limit: 100)
            #expect(tail.flatMap { [UInt8]($0.bytes.readableBytesView) } == Array("line 05000".utf8))
            let (count, largest) = try await store.read { db in
                (
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM job_logs"),
                    try Int.fetchOne(db, sql: "SELECT max(length(content)) FROM job_logs")
                )
            }
            #expect(try #require(count) < 60)
            #expect(largest == OutputRow.maximumBytes)
        }
    }

    /// The tool was killed: what it wrote last is in the log beside its file.
    @Test func whatIsInTheWriteAheadLogIsTakenOver() async throws {
        try await withTemporaryFolder { folder in
            let (source, path) = (folder + "/source.db", folder + "/srun.db")
            let queue = try DatabaseQueue(path: source)
            try await queue.writeWithoutTransaction { db in
                _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL")
                try db.execute(sql: Self.schema + Self.rows)
            }
            for suffix in ["", "-wal"] {
                try content(of: source + suffix).write(to: URL(fileURLWithPath: path + suffix))
            }
            try queue.close()
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)

            let store = try await SQLiteStore.open(at: path, node: "here")
            #expect(try await store.jobs(JobQuery()).jobs.count == 6)
            await store.close()
        }
    }

    /// The tool was killed within a transaction: its file is half changed, and the journal says how it was.
    @Test func anInterruptedTransactionIsUndone() async throws {
        try await withTemporaryFolder { folder in
            let (source, path) = (folder + "/source.db", folder + "/srun.db")
            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let queue = try DatabaseQueue(path: source, configuration: configuration)
            try await queue.writeWithoutTransaction { db in
                try db.execute(sql: Self.schema + Self.rows)
                // With next to no cache, changes reach the file before the commit.
                try db.execute(sql: "PRAGMA cache_size = 1")
                try db.beginTransaction()
                try db.execute(
                    sql: """
                        UPDATE jobs SET command = 'undone';
                        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000)
                        INSERT INTO job_logs (job_id, content, log_level) SELECT '\(Self.running)', 'undone', 'stdout' FROM n;
                        """)
            }
            for suffix in ["", "-journal"] {
                try content(of: source + suffix).write(to: URL(fileURLWithPath: path + suffix))
            }
            try await queue.writeWithoutTransaction { try $0.rollback() }
            try queue.close()
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)

            let store = try await SQLiteStore.open(at: path, node: "here")
            #expect(try await store.jobs(JobQuery(text: "undone")).jobs.isEmpty)
            let id = try #require(JobID(Self.running))
            #expect(try await bytes(of: id, in: store) == Array("tick tock".utf8))
            await store.close()
        }
    }

    @Test func anAttemptThatFailsLeavesTheFile() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try makeDatabase(at: path, Self.schema + Self.rows)
            let before = try content(of: path)
            // Where the new database would be made.
            try FileManager.default.createDirectory(atPath: path + ".new", withIntermediateDirectories: false)
            await #expect(throws: StoreError(.cannotCreate, "")) { try await SQLiteStore.open(at: path, node: "here") }
            #expect(try content(of: path) == before)
            #expect(try names(in: folder) == ["srun.db", "srun.db.lock", "srun.db.new"])

            try FileManager.default.removeItem(atPath: path + ".new")
            await (try SQLiteStore.open(at: path, node: "here")).close()
        }
    }

    @Test("meets the contract", arguments: StoreContract.transitions + StoreContract.removal)
    func meets(_ requirement: StoreRequirement) async throws {
        try await withTemporaryFolder { folder in
            try makeDatabase(at: folder + "/srun.db", Self.schema)
            try await requirement.verify { try await SQLiteStore.open(at: folder + "/srun.db", node: "node-a") }
        }
    }
}

@Suite("Times of the earlier tool")
struct LegacyTimeTests {
    @Test(
        "are read in every form",
        arguments: [
            ("2025-05-20 12:34:56", 1_747_744_496_000_000),
            ("2025-05-20T12:34:56Z", 1_747_744_496_000_000),
            ("2025-05-20T12:34:56.789Z", 1_747_744_496_789_000),
            ("2025-05-20T12:34:56.789012345+02:00", 1_747_737_296_789_012),
            ("2025-05-20T12:34:56-0530", 1_747_764_296_000_000),
            ("2025-05-20 12:34:56.789012345 +0200 CEST m=+0.01", 1_747_737_296_789_012),
            ("2025-05-20 12:34:56.7 +0000 UTC", 1_747_744_496_700_000),
            ("2025-05-20 12:34:56 -0700 -07", 1_747_769_696_000_000),
            ("2025-05-20 12:34:56+00:00", 1_747_744_496_000_000),
            ("2025-05-20 12:34", 1_747_744_440_000_000),
            ("1970-01-01 00:00:00", 0),
            ("1969-12-31 23:59:59", -1_000_000),
            ("2024-02-29 00:00:00", 1_709_164_800_000_000),
            ("9999-12-31 23:59:59", 253_402_300_799_000_000),
        ] as [(String, Int64)])
    func areRead(_ text: String, _ microseconds: Int64) {
        #expect(LegacyTime.date(from: text)?.microseconds == microseconds)
    }

    @Test(
        "are nil when they are none",
        arguments: [
            "", "now", "2025", "2025-05", "2025-05-20", "2025-5-20 12:00:00", "2025-13-01 00:00:00",
            "2025-00-01 00:00:00",
            "2025-05-32 00:00:00", "2025-05-20 24:00:00", "2025-05-20 12:60:00", "2025-05-20 12:00:61",
            "20-05-20 12:00:00",
            "2025-05-20x12:00:00", "２０２５-05-20 12:00:00", "2025-05-20 12:00:",
        ])
    func areNil(_ text: String) {
        #expect(LegacyTime.date(from: text) == nil)
    }

    @Test func areReadFromNumbers() {
        for number in [Int64(1_747_744_496), 1_747_744_496_000, 1_747_744_496_000_000, 1_747_744_496_000_000_000] {
            #expect(LegacyTime.date(from: number) == Date(timeIntervalSince1970: 1_747_744_496))
        }
        for number in [Int64(0), -1, 5, .min] { #expect(LegacyTime.date(from: number) == nil) }
    }
}
