import Foundation
import GRDB
import NIOCore
import SrunKit

/// Copies jobs and output from the earlier tool's tables into ours, one row at a time.
///
/// What that tool did not check may stand in its tables: each odd value costs itself, not its job.
struct LegacyCopy {
    private struct Progress {
        let id: JobID
        let isEndKnown: Bool
        var lastTime: Date
        var outputBytes: Int64 = 0
    }

    private let source: Database
    private let target: Database
    private let node: String
    /// By the job's identifier in the source. The only thing that grows with the size of the database.
    private var progress: [String: Progress] = [:]
    /// Output of one job, collected so that it can be stored in few rows.
    private var collected: [LogChunk] = []
    private var collectedJob: String?

    init(source: Database, target: Database, node: String) {
        self.source = source
        self.target = target
        self.node = node
    }

    mutating func run() throws {
        try copyJobs()
        if try source.tableExists("job_logs") { try copyOutput() }
        try completeJobs()
    }

    // MARK: Jobs

    private mutating func copyJobs() throws {
        let columns = try Set(source.columns(in: "jobs").map(\.name))
        let optional = ["pid", "created_at", "stopped_at", "exit_code"].map {
            columns.contains($0) ? $0 : "NULL AS \($0)"
        }
        let rows = try Row.fetchCursor(
            source,
            sql: """
                SELECT rowid AS number, CAST(id AS TEXT) AS id, CAST(command AS TEXT) AS command,
                    CAST(status AS TEXT) AS status, \(optional.joined(separator: ", "))
                FROM jobs ORDER BY rowid
                """)
        while let row = try rows.next() {
            let number: Int64 = row.value("number") ?? 0
            let oldID: String? = row.value("id")
            var job = try job(from: row, id: oldID.flatMap { JobID($0) } ?? replacementID(number: number))
            if try !insert(job) {
                job = try self.job(from: row, id: replacementID(number: number))
                _ = try insert(job)
            }
            if let oldID, progress[oldID] == nil {
                progress[oldID] = Progress(
                    id: job.id, isEndKnown: Self.time(row, "stopped_at") != nil, lastTime: job.createdAt)
            }
        }
    }

    private func insert(_ job: Job) throws -> Bool {
        try target.cachedStatement(sql: JobRecord.insertion).execute(arguments: JobRecord.arguments(of: job))
        return target.changesCount == 1
    }

    /// For an identifier that could not stand in a URL.
    private func replacementID(number: Int64) throws -> JobID {
        var text = "legacy-\(number)"
        while try Bool.fetchOne(source, sql: "SELECT EXISTS (SELECT 1 FROM jobs WHERE id = ?)", arguments: [text])
            == true
        {
            text += "-"
        }
        guard let id = JobID(text) else { throw StoreError.damagedRow }
        return id
    }

    private func job(from row: Row, id: JobID) throws -> Job {
        let stoppedAt = Self.time(row, "stopped_at")
        let createdAt = Self.time(row, "created_at") ?? stoppedAt ?? Date(microseconds: 0)
        let processID = row.value("pid", as: Int32.self).flatMap { $0 > 0 ? $0 : nil }
        return Job(
            id: id,
            spec: JobSpec(stored: .shell(row.value("command") ?? "")),
            createdAt: createdAt,
            node: node,
            state: .finished(
                JobEnd(outcome: Self.outcome(from: row), endedAt: stoppedAt ?? createdAt, outputBytes: 0),
                JobRun(startedAt: createdAt, processID: processID)))
    }

    private static func outcome(from row: Row) -> JobOutcome {
        let status = row.value("status", as: String.self).flatMap { JobStatus(rawValue: $0) } ?? .lost
        // Go says -1 for a process that a signal ended.
        let exitCode = row.value("exit_code", as: Int32.self).flatMap { (0...255).contains($0) ? $0 : nil }
        switch status {
        case .queued, .running, .lost:
            return JobOutcome(.lost, reason: "It was running when the earlier version of srun ended.")
        case .failed where exitCode ?? 0 == 0:
            return JobOutcome(.failedToStart, reason: "The earlier version of srun did not record why.")
        case .completed, .failed, .stopped, .timeout:
            return JobOutcome(status: status, exitCode: exitCode, signal: nil) ?? JobOutcome(.lost)
        }
    }

    private static func time(_ row: Row, _ column: String) -> Date? {
        if let number = row.value(column, as: Int64.self) { return LegacyTime.date(from: number) }
        return row.value(column, as: String.self).flatMap { LegacyTime.date(from: $0) }
    }

    // MARK: Output

    private mutating func copyOutput() throws {
        // CAST keeps every byte; read as text, a NUL would end it and other bytes would become replacement characters.
        let columns = try Set(source.columns(in: "job_logs").map(\.name))
        let optional = ["log_level", "created_at"].map { columns.contains($0) ? $0 : "NULL AS \($0)" }
        let rows = try Row.fetchCursor(
            source,
            sql: """
                SELECT CAST(content AS BLOB), CAST(job_id AS TEXT) AS job_id, \(optional.joined(separator: ", "))
                FROM job_logs ORDER BY rowid
                """)
        while let row = try rows.next() {
            guard let oldID = row.value("job_id", as: String.self), var job = progress[oldID] else { continue }
            let bytes = try row.withUnsafeData(atIndex: 0) { data in ByteBuffer(bytes: data ?? Data()) }
            job.lastTime = Self.time(row, "created_at") ?? job.lastTime
            let stream = row.value("log_level", as: String.self).flatMap { LogStream(rawValue: $0) } ?? .output
            let chunk = LogChunk(offset: job.outputBytes, time: job.lastTime, stream: stream, bytes: bytes)
            job.outputBytes = chunk.end
            progress[oldID] = job
            try collect(chunk, of: oldID)
        }
        try storeCollected()
    }

    private mutating func collect(_ chunk: LogChunk, of job: String) throws {
        let start = collected.first?.offset ?? chunk.offset
        if collectedJob != job || chunk.end - start > Int64(OutputRow.maximumBytes) { try storeCollected() }
        collectedJob = job
        collected.append(chunk)
    }

    private mutating func storeCollected() throws {
        guard let first = collected.first, let job = collectedJob.flatMap({ progress[$0] }) else { return }
        for row in OutputRow.rows(of: collected, from: first.offset) { _ = try row.insert(for: job.id, target) }
        collected.removeAll(keepingCapacity: true)
    }

    private func completeJobs() throws {
        let statement = try target.cachedStatement(
            sql: """
                UPDATE jobs SET
                    output_bytes = :bytes,
                    stopped_at = CASE WHEN :isEndKnown THEN stopped_at ELSE max(stopped_at, :lastTime) END
                WHERE id = :id
                """)
        for job in progress.values where job.outputBytes > 0 {
            try statement.execute(
                arguments: [
                    "bytes": job.outputBytes, "isEndKnown": job.isEndKnown, "lastTime": job.lastTime.column,
                    "id": job.id.text,
                ])
        }
    }
}
