import GRDB
public import SrunKit

extension SQLiteStore: RetryKeeping {
    public func jobsToRetry(onNode node: String) async throws(StoreError) -> [Job] {
        try await read { db in
            // Written so that SQLite recognizes the condition of the index `jobs_to_retry`.
            let sql = "SELECT * FROM jobs WHERE node = ? AND retry_at IS NOT NULL ORDER BY retry_at, id"
            return try Row.fetchAll(db, sql: sql, arguments: [node]).map(JobRecord.job(from:))
        }
    }

    public func giveUpRetry(of job: JobID) async throws(StoreError) {
        try await writer.perform(.power) { db in try Self.settleRetry(of: job, db) }
    }

    static func settleRetry(of job: JobID, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE jobs SET retry_at = NULL WHERE id = ? AND retry_at IS NOT NULL")
            .execute(arguments: [job.text])
    }
}
