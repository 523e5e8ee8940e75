public import Foundation
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

    public func retriesLeftBehind(at now: Date) async throws(StoreError) -> [Job] {
        let rows = try await read(
            PQStatement(
                """
                SELECT j.* FROM \(schema.jobs) j LEFT JOIN \(schema.nodes) n ON n.name = j.node
                WHERE j.retry_at IS NOT NULL AND j.retry_at <= $1 AND n.has_left IS NOT FALSE
                ORDER BY j.retry_at, j.id LIMIT 100
                """, [.int(now.microseconds)]))
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
