import Foundation
public import SrunKit

extension PostgresStore {
    /// Of all jobs together.
    private static let newsBytes: Int64 = 2 << 20
    /// Of one job at least.
    private static let newsBytesOfOne: Int64 = 64 << 10

    public func news(of places: [OutputPlace]) async throws(StoreError) -> [JobNews] {
        guard !places.isEmpty else { return [] }
        let (jobs, starts) = (places.map(\.job.text), places.map { min(max(0, $0.offset), 1 << 61) })
        let limit = max(Self.newsBytesOfOne, Self.newsBytes / Int64(places.count))
        let results = try await read([
            PQStatement("\(withStoredBytes) WHERE j.id = ANY($1)", [.texts(jobs)]),
            PQStatement(nextOutput, [.texts(jobs), .ints(starts), .int(limit)]),
        ])
        var chunks: [String: [LogChunk]] = [:]
        for row in results.last?.rows ?? [] {
            guard let job = row.text(at: 0), let offset = row.int(at: 1), let bytes = row.blob(at: 4) else { continue }
            chunks[job, default: []].append(
                LogChunk(
                    offset: offset, time: Date(microseconds: row.int(at: 2) ?? 0),
                    stream: row.text(at: 3).flatMap { LogStream(rawValue: $0) } ?? .output, bytes: bytes))
        }
        let offsets = Dictionary(zip(jobs, starts)) { first, _ in first }
        var news: [JobNews] = []
        for row in results.first?.rows ?? [] {
            let job = try Self.current(row)
            guard let start = offsets[job.id.text] else { continue }
            // The rows at its edges still hold what was dropped.
            if let gap = Self.gap(row), start < gap.upperBound {
                news.append(
                    JobNews(job: job, chunks: try await self.chunks(of: job.id, from: start, limit: Int(limit))))
            } else {
                let found = chunks[job.id.text] ?? []
                news.append(JobNews(job: job, chunks: found.compactMap { $0.slice(from: start) }))
            }
        }
        return news
    }

    /// For each job a walk along the primary key from the row that its place is in, for as many rows as make up the limit.
    private var nextOutput: String {
        """
        SELECT p.job, o."offset", o.created_at, o.log_level, o.content
        FROM unnest($1, $2) AS p(job, place) CROSS JOIN LATERAL (
            SELECT r.*, sum(octet_length(r.content)) OVER (ORDER BY r."offset") - octet_length(r.content) AS before
            FROM (
                SELECT l."offset", l.created_at, l.log_level, l.content FROM \(schema.output) l
                WHERE l.job_id = p.job AND l."offset" >= coalesce((
                    SELECT f."offset" FROM \(schema.output) f WHERE f.job_id = p.job AND f."offset" <= p.place
                    ORDER BY f."offset" DESC LIMIT 1), 0)
                ORDER BY l."offset" LIMIT 256) AS r) AS o
        WHERE o.before < $3 AND o."offset" + octet_length(o.content) > p.place
        ORDER BY p.job, o."offset"
        """
    }
}
