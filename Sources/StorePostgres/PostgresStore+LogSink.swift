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
        guard let drain else { return try await writer.append(chunks, to: job, as: member) }
        // In order: what comes after something that waits waits too.
        if await drain.spool.holds(job) { return try await drain.spool.add(chunks, to: job) }
        do {
            try await writer.append(chunks, to: job, as: member)
        } catch  where error.code == .unavailable && member != nil {
            // Perhaps it was written all the same; what is there already is skipped when the spool is drained.
            try await drain.spool.add(chunks, to: job)
            drain.start(self)
        }
    }

    public func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk] {
        if let drain, let chunks = await drain.spool.chunks(of: job, from: max(0, offset), limit: max(1, limit)) {
            return chunks
        }
        // Not so far that arithmetic with it could overflow; no output gets there.
        let start = min(max(0, offset), 1 << 61)
        let rows = try await read(
            PQStatement(
                """
                WITH place AS (
                    SELECT gap_start, CASE WHEN $2 >= gap_start AND $2 < gap_start + dropped_bytes
                        THEN gap_start + dropped_bytes ELSE $2 END AS first
                    FROM \(schema.jobs) WHERE id = $1),
                range AS (
                    SELECT first, CASE WHEN first < gap_start THEN least(first + $3, gap_start) ELSE first + $3 END AS last
                    FROM place)
                SELECT greatest(l."offset", r.first), l.created_at, l.log_level,
                    substr(l.content, (1 + greatest(0, r.first - l."offset"))::int4,
                        least(r.last - greatest(l."offset", r.first), octet_length(l.content))::int4)
                FROM range r JOIN \(schema.output) l ON l.job_id = $1 AND l."offset" < r.last
                    AND l."offset" + octet_length(l.content) > r.first
                    AND l."offset" >= coalesce((
                        SELECT p."offset" FROM \(schema.output) p WHERE p.job_id = $1 AND p."offset" <= r.first
                        ORDER BY p."offset" DESC LIMIT 1), 0)
                ORDER BY l."offset"
                """, [.text(job.text), .int(start), .int(Int64(min(max(1, limit), 1 << 40)))]))
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
        return max(bytes, await drain?.spool.end(of: job) ?? 0)
    }
}
