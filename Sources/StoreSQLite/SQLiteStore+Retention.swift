import Foundation
import GRDB
public import SrunKit

extension SQLiteStore {
    /// Both are answered by the index `jobs_finished` alone. `total` adds as REAL: a sum that no database can hold does not fail.
    static let finishedTotals = """
        SELECT count(*), CAST(total(output_bytes - dropped_bytes) AS INTEGER)
        FROM jobs INDEXED BY jobs_finished WHERE status NOT IN ('queued', 'running')
        """
    static let finishedFirst = """
        SELECT id, stopped_at, output_bytes - dropped_bytes FROM jobs INDEXED BY jobs_finished
        WHERE status NOT IN ('queued', 'running') ORDER BY stopped_at, id LIMIT ?
        """

    public func finishedJobs(oldest limit: Int) async throws(StoreError) -> FinishedJobs {
        let limit = min(max(limit, 1), JobQuery.maximumLimit)
        return try await read { db in
            let totals = try Row.fetchOne(db.cachedStatement(sql: Self.finishedTotals))
            let rows = try Row.fetchAll(db.cachedStatement(sql: Self.finishedFirst), arguments: [limit])
            let takenOverAt = try Int64.fetchOne(db.cachedStatement(sql: "SELECT max(at) FROM taken_over"))
            return FinishedJobs(
                count: totals?.value(at: 0) ?? 0, outputBytes: totals?.value(at: 1) ?? 0,
                oldest: try rows.map(Self.finishedJob(from:)), takenOverAt: Date.stored(takenOverAt))
        }
    }

    private static func finishedJob(from row: Row) throws(StoreError) -> FinishedJob {
        guard let id = row.value(at: 0, as: String.self).flatMap({ JobID($0) }),
            let endedAt = Date.stored(row.value(at: 1, as: Int64.self))
        else { throw .damagedRow }
        return FinishedJob(id: id, endedAt: endedAt, outputBytes: row.value(at: 2) ?? 0)
    }
}
