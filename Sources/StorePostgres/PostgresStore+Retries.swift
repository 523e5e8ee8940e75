public import SrunKit

extension PostgresStore: RetryKeeping {
    public func jobsToRetry(onNode node: String) async throws(StoreError) -> [Job] {
        let rows = try await read(
            PQStatement(
                "SELECT * FROM \(schema.jobs) WHERE node = $1 AND retry_at IS NOT NULL ORDER BY retry_at, id",
                [.text(node)]))
        var jobs: [Job] = []
        for row in rows { jobs.append(try JobRow.job(from: row)) }
        return jobs
    }

    public func giveUpRetry(of job: JobID) async throws(StoreError) {
        try await transaction([
            PQStatement(
                "UPDATE \(schema.jobs) SET retry_at = NULL WHERE id = $1 AND retry_at IS NOT NULL", [.text(job.text)])
        ]) { _ in ((), []) }
    }
}
