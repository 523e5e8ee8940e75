public import SrunKit

extension PostgresStore {
    /// Rows of output that one transaction removes: at most 8 MiB. Nobody who writes waits for it.
    private static let rowsPerStep = 128

    private enum Removal: Sendable {
        case someOutput, job
    }

    public func remove(_ id: JobID) async throws(StoreError) {
        while try await removeStep(id) == .someOutput {}
    }

    private func removeStep(_ id: JobID) async throws(StoreError) -> Removal {
        let schema = schema
        return try await transaction([
            PQStatement("SELECT * FROM \(schema.jobs) WHERE id = $1 FOR UPDATE", [.text(id.text)]),
            PQStatement(
                """
                SELECT count(*) FROM (
                    SELECT 1 FROM \(schema.output) WHERE job_id = $1 LIMIT \(Self.rowsPerStep + 1)) AS part
                """, [.text(id.text)]),
        ]) { found throws(StoreError) in
            guard let row = found.first?.first else { throw .jobNotFound(id) }
            let state = try JobRow.state(from: row)
            guard state.status.isFinal else {
                throw StoreError(
                    .illegalTransition(from: state.status),
                    "Job \(id) is \(state.status.rawValue); only a job that has ended can be removed.")
            }
            let hasMore = (found.last?.first?.int(at: 0) ?? 0) > Int64(Self.rowsPerStep)
            // From the end: what is left in between is a shorter output, not one with a hole.
            let output = PQStatement(
                """
                DELETE FROM \(schema.output) WHERE job_id = $1 AND "offset" >= coalesce((
                    SELECT "offset" FROM \(schema.output) WHERE job_id = $1 ORDER BY "offset" DESC
                    OFFSET \(Self.rowsPerStep - 1) LIMIT 1), 0)
                """, [.text(id.text)])
            if hasMore { return (.someOutput, [output]) }
            let job = PQStatement(
                """
                WITH gone AS (DELETE FROM \(schema.jobs) WHERE id = $1 RETURNING id, node) \(schema.noting("gone"))
                """, [.text(id.text)])
            return (.job, [output, job])
        }
    }

    /// Both are answered by the index `jobs_finished` alone, and at one moment.
    public func finishedJobs(oldest limit: Int) async throws(StoreError) -> FinishedJobs {
        let limit = min(max(limit, 1), JobQuery.maximumLimit)
        let results = try await read([
            .begin("ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            PQStatement(
                """
                SELECT count(*), least(coalesce(sum(output_bytes - dropped_bytes), 0), 9223372036854775807)::int8
                FROM \(schema.jobs) WHERE status NOT IN ('queued', 'running')
                """),
            PQStatement(
                """
                SELECT id, stopped_at, output_bytes - dropped_bytes FROM \(schema.jobs)
                WHERE status NOT IN ('queued', 'running') ORDER BY stopped_at, id LIMIT $1
                """, [.int(Int64(limit))]),
            .commit,
        ])
        let totals = results.dropFirst().first?.first
        var oldest: [FinishedJob] = []
        for row in results.dropFirst(2).first?.rows ?? [] {
            guard let id = row.text(at: 0).flatMap({ JobID($0) }), let endedAt = JobRow.time(row.int(at: 1)) else {
                throw .damagedRow
            }
            oldest.append(FinishedJob(id: id, endedAt: endedAt, outputBytes: row.int(at: 2) ?? 0))
        }
        return FinishedJobs(
            count: Int(totals?.int(at: 0) ?? 0), outputBytes: totals?.int(at: 1) ?? 0, oldest: oldest)
    }
}
