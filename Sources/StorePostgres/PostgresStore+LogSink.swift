import Foundation
import NIOCore
public import SrunKit

extension PostgresStore: LogSink {
    public func append(_ chunks: [LogChunk], to job: JobID) async throws(StoreError) {
        let chunks = chunks.filter { $0.bytes.readableBytes > 0 }
        guard !chunks.isEmpty else { return }
        for (chunk, next) in zip(chunks, chunks.dropFirst()) where chunk.end != next.offset {
            throw StoreError(.gap(expected: chunk.end), "Output of job \(job) can only continue at byte \(chunk.end).")
        }
        try await writer.append(chunks, to: job, as: member)
    }

    public func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk] {
        let start = max(0, offset)
        let (sum, overflows) = start.addingReportingOverflow(Int64(max(1, limit)))
        let rows = try await read(
            PQStatement(
                """
                SELECT greatest("offset", $2), created_at, log_level,
                    substr(content, (1 + greatest(0, $2 - "offset"))::int4,
                        least($3 - greatest("offset", $2), octet_length(content))::int4)
                FROM \(schema.output)
                WHERE job_id = $1 AND "offset" < $3 AND "offset" + octet_length(content) > $2 AND "offset" >= coalesce((
                    SELECT "offset" FROM \(schema.output) WHERE job_id = $1 AND "offset" <= $2
                    ORDER BY "offset" DESC LIMIT 1), 0)
                ORDER BY "offset"
                """, [.text(job.text), .int(start), .int(overflows ? .max : sum)]))
        // Only now: a job that has output exists.
        if rows.isEmpty { _ = try await storedBytes(of: job) }
        return rows.compactMap { row in
            guard let offset = row.int(at: 0), let bytes = row.blob(at: 3), bytes.readableBytes > 0 else { return nil }
            return LogChunk(
                offset: offset, time: Date(microseconds: row.int(at: 1) ?? 0),
                stream: row.text(at: 2).flatMap { LogStream(rawValue: $0) } ?? .output, bytes: bytes)
        }
    }

    public func storedBytes(of job: JobID) async throws(StoreError) -> Int64 {
        let rows = try await read(
            PQStatement("SELECT \(schema.storedBytes) FROM \(schema.jobs) j WHERE j.id = $1", [.text(job.text)]))
        guard let bytes = rows.first?.int(at: 0) else { throw .jobNotFound(job) }
        return bytes
    }
}
