import GRDB
public import SrunKit

extension SQLiteStore: UsageSink {
    public func keep(_ history: UsageHistory, of job: JobID) async throws(StoreError) {
        let text = try StoredJSON.text(of: history)
        try await writer.perform(.process) { db in
            guard try Self.storedBytes(of: job, db) != nil else { throw StoreError.jobNotFound(job) }
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO job_usage (job_id, history) VALUES (?, ?)")
                .execute(arguments: [job.text, text])
        }
    }

    public func usageHistory(of job: JobID) async throws(StoreError) -> UsageHistory? {
        let text = try await read { db in
            try String.fetchOne(db, sql: "SELECT history FROM job_usage WHERE job_id = ?", arguments: [job.text])
        }
        return StoredJSON.value(text)
    }
}
