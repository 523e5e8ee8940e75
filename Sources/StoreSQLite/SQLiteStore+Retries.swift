import GRDB
public import SrunKit

extension SQLiteStore: RetryKeeping {
    public func jobsToRetry(onNode node: String) async throws(StoreError) -> [Job] {
        try await read { db in
            // Written so that SQLite recognizes the condition of the index `jobs_to_retry`.
            let sql =
                "SELECT \(JobRecord.columns) FROM jobs WHERE node = ? AND retry_at IS NOT NULL ORDER BY retry_at, id"
            return try Row.fetchAll(db, sql: sql, arguments: [node]).map(JobRecord.job(from:))
        }
    }

    public func giveUpRetry(of job: JobID) async throws(StoreError) {
        try await writer.perform(.power) { db in try Self.settleRetry(of: job, db) }
    }

    /// Before a job that tries again is added: refused when somebody else was first.
    static func checkRetry(of job: JobID, _ db: Database) throws {
        let statement = try db.cachedStatement(sql: "SELECT 1 FROM jobs WHERE id = ? AND retry_at IS NULL")
        guard try Row.fetchOne(statement, arguments: [job.text]) == nil else {
            throw StoreError(.alreadyExists, "Job \(job) was tried again already.")
        }
    }

    static func settleRetry(of job: JobID, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE jobs SET retry_at = NULL WHERE id = ? AND retry_at IS NOT NULL")
            .execute(arguments: [job.text])
    }
}
