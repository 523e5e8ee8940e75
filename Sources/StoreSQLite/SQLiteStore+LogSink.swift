import Foundation
import GRDB
import NIOCore
public import SrunKit

extension SQLiteStore: LogSink {
    public func append(_ chunks: [LogChunk], to job: JobID) async throws(StoreError) {
        let chunks = chunks.filter { $0.bytes.readableBytes > 0 }
        guard let first = chunks.first else { return }
        for (chunk, next) in zip(chunks, chunks.dropFirst()) where chunk.end != next.offset {
            throw Self.gap(in: job, expected: chunk.end)
        }
        let bytes = chunks.reduce(0) { $0 + $1.bytes.readableBytes }
        try await writer.perform(.process, bytes: bytes) { db in
            guard let end = try Self.storedBytes(of: job, db) else { throw StoreError.jobNotFound(job) }
            guard first.offset <= end else { throw Self.gap(in: job, expected: end) }
            let stored = try OutputRow.rows(of: chunks, from: end).reduce(0) { try $0 + $1.insert(for: job, db) }
            self.writer.countStored(stored)
        }
    }

    public func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk] {
        let limit = Int64(max(1, limit))
        return try await read { db in
            var start = max(0, offset)
            let gap = try Self.gap(in: job, db)
            if let gap, gap.contains(start) { start = gap.upperBound }
            let (sum, overflows) = start.addingReportingOverflow(limit)
            var end = overflows ? .max : sum
            if let gap, start < gap.lowerBound { end = min(end, gap.lowerBound) }
            let chunks = try Self.chunks(of: job, from: start, to: end, db)
            // Only now: a job that has output exists.
            if chunks.isEmpty { _ = try Self.state(of: job, db) }
            return chunks
        }
    }

    public func storedBytes(of job: JobID) async throws(StoreError) -> Int64 {
        let bytes = try await read { db in try Self.storedBytes(of: job, db) }
        guard let bytes else { throw .jobNotFound(job) }
        return bytes
    }

    /// The rows that overlap a range, found by two seeks in the index. SQLite cuts them to the range, unless they are packed.
    ///
    /// What `substr` is given stays within the row: it takes its numbers modulo 2³².
    static let range = """
        SELECT "offset", created_at, log_level, unpacked_bytes,
            CASE WHEN unpacked_bytes IS NULL
            THEN substr(content, 1 + max(0, :start - "offset"), min(:end - max("offset", :start), length(content)))
            ELSE content END
        FROM job_logs
        WHERE job_id = :job AND "offset" < :end AND "offset" + ifnull(unpacked_bytes, length(content)) > :start
            AND "offset" >=
            ifnull((SELECT max("offset") FROM job_logs WHERE job_id = :job AND "offset" <= :start), 0)
        ORDER BY "offset"
        """

    private static func chunks(of job: JobID, from start: Int64, to end: Int64, _ db: Database) throws -> [LogChunk] {
        let rows = try Row.fetchCursor(
            db.cachedStatement(sql: range), arguments: ["job": job.text, "start": start, "end": end])
        var chunks: [LogChunk] = []
        while let row = try rows.next() {
            let offset: Int64 = row.value(at: 0) ?? 0
            let wanted = max(offset, start)..<end
            let unpackedBytes = row.value(at: 3, as: Int.self)
            let bytes = try row.withUnsafeData(atIndex: 4) { data throws(StoreError) in
                guard let unpackedBytes else { return ByteBuffer(bytes: data ?? Data()) }
                let bytes = try PackedContent.unpack(data ?? Data(), bytes: unpackedBytes)
                let length = min(wanted.upperBound - offset, Int64(unpackedBytes)) - (wanted.lowerBound - offset)
                return bytes.getSlice(at: Int(wanted.lowerBound - offset), length: Int(length)) ?? ByteBuffer()
            }
            chunks.append(
                LogChunk(
                    offset: wanted.lowerBound,
                    time: Date(microseconds: row.value(at: 1) ?? 0),
                    stream: row.value(at: 2, as: String.self).flatMap { LogStream(rawValue: $0) } ?? .output,
                    bytes: bytes))
        }
        return chunks
    }

    static let length = "SELECT \(lengthOfOutput) FROM jobs WHERE id = :job"

    /// Where the stored output of the job in a row of `jobs` ends. `length` of a blob is in the row's header: the bytes themselves
    /// are not read.
    static let lengthOfOutput = """
        ifnull((
            SELECT "offset" + ifnull(unpacked_bytes, length(content)) FROM job_logs
            WHERE job_id = jobs.id ORDER BY "offset" DESC LIMIT 1), 0)
        """

    /// Nil when there is no such job.
    static func storedBytes(of job: JobID, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(db.cachedStatement(sql: length), arguments: ["job": job.text])
    }

    private static func gap(in job: JobID, expected: Int64) -> StoreError {
        StoreError(.gap(expected: expected), "Output of job \(job) can only continue at byte \(expected).")
    }
}
