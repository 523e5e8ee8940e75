public import SrunKit

extension PostgresStore: UsageSink {
    public func keep(_ history: UsageHistory, of job: JobID) async throws(StoreError) {
        let text = try StoredJSON.text(of: history)
        let rows = try await read(
            PQStatement(
                """
                INSERT INTO \(schema.usage) (job_id, history) SELECT id, $2 FROM \(schema.jobs) WHERE id = $1
                ON CONFLICT (job_id) DO UPDATE SET history = excluded.history RETURNING job_id
                """, [.text(job.text), .text(text)]))
        guard !rows.isEmpty else { throw .jobNotFound(job) }
    }

    public func usageHistory(of job: JobID) async throws(StoreError) -> UsageHistory? {
        let rows = try await read(
            PQStatement("SELECT history FROM \(schema.usage) WHERE job_id = $1", [.text(job.text)]))
        return StoredJSON.value(rows.first?.text(at: 0))
    }
}

extension PostgresSchema {
    var usage: String { table("job_usage") }

    /// The histories are JSON.
    var usages: [String] {
        [
            """
            CREATE TABLE \(usage) (
                job_id text COLLATE "C" PRIMARY KEY REFERENCES \(jobs) (id) ON DELETE CASCADE,
                history text NOT NULL
            )
            """
        ]
    }
}
