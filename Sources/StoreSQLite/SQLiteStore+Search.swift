import Foundation
import GRDB
public import SrunKit

extension SQLiteStore: SearchIndexing {
    /// FTS5 knows three neighbouring characters at a time.
    public static let shortestText = 3

    public func unindexed(after place: JobCursor?, limit: Int) async throws(StoreError) -> [IndexPosition] {
        try await read { db in
            let statement = try db.cachedStatement(
                sql: """
                    SELECT p.job_id, p.created_at, p.position, p.line,
                        CASE jobs.status WHEN 'queued' THEN 0 WHEN 'running' THEN \(Self.lengthOfOutput)
                        ELSE jobs.output_bytes END,
                        jobs.status NOT IN ('queued', 'running')
                    FROM search_pending AS p CROSS JOIN jobs ON jobs.id = p.job_id
                    \(place == nil ? "" : "WHERE (p.created_at, p.job_id) < (?, ?)")
                    ORDER BY p.created_at DESC, p.job_id DESC LIMIT ?
                    """)
            let bounds: StatementArguments = place.map { [$0.createdAt.column, $0.id.text] } ?? []
            return try Row.fetchAll(statement, arguments: bounds + [max(1, limit)]).compactMap { row in
                guard let id = row.value(at: 0, as: String.self).flatMap({ JobID($0) }),
                    let createdAt = Date.stored(row.value(at: 1, as: Int64.self))
                else { return nil }
                return IndexPosition(
                    job: JobCursor(createdAt: createdAt, id: id), offset: row.value(at: 2) ?? 0,
                    line: row.value(at: 3) ?? 1, outputBytes: row.value(at: 4) ?? 0, hasEnded: row.value(at: 5) ?? false
                )
            }
        }
    }

    public func index(_ blocks: [IndexBlock]) async throws(StoreError) {
        let bytes = blocks.reduce(0) { $0 + $1.text.utf8.count }
        try await writer.perform(.process, bytes: bytes) { db in
            for block in blocks { try self.index(block, db) }
        }
    }

    private func index(_ block: IndexBlock, _ db: Database) throws {
        let job = block.job.text
        let pending = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT position, created_at FROM search_pending WHERE job_id = ?"),
            arguments: [job])
        guard let position = pending?.value(at: 0, as: Int64.self),
            let createdAt = pending?.value(at: 1, as: Int64.self), position == block.range.lowerBound
        else { return }
        if !block.text.isEmpty {
            writer.countStored(block.text.utf8.count)
            try SearchIndex.insert(block.text, job: job, createdAt: createdAt, range: block.range, line: block.line, db)
        }
        guard block.isLast else {
            return try db.cachedStatement(
                sql: "UPDATE search_pending SET position = ?, line = ? WHERE job_id = ?"
            ).execute(arguments: [block.range.upperBound, block.nextLine, job])
        }
        if let facts = try Self.facts(of: job, db) {
            try SearchIndex.insert(facts, job: job, createdAt: createdAt, range: -1 ..< -1, line: 0, db)
        }
        try db.cachedStatement(sql: "DELETE FROM search_pending WHERE job_id = ?").execute(arguments: [job])
    }

    /// What is said of a job, a line each.
    private static func facts(of job: String, _ db: Database) throws -> String? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT command || char(10) || ifnull(name, '') || char(10)
                    || ifnull((SELECT group_concat(value, char(10)) FROM json_each(jobs.tags)), '')
                FROM jobs WHERE id = ?
                """)
        return try String.fetchOne(statement, arguments: [job])
    }

    public func candidates(
        for text: String, after place: JobCursor?, limit: Int
    ) async throws(StoreError) -> [SearchCandidate] {
        try await read { db in
            try SearchIndex.candidates(for: text, after: place, limit: max(1, limit), db)
        }
    }
}
