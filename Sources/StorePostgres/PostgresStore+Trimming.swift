public import SrunKit

extension PostgresStore: OutputTrimming {
    public func drop(_ range: Range<Int64>, of job: JobID) async throws(StoreError) -> Range<Int64>? {
        let (schema, member) = (schema, member)
        // What waits beside the database counts too, and the database does not know of it.
        if let drain, await drain.spool.holds(job) {
            throw StoreError(.unavailable, "Output of job \(job) waits for PostgreSQL.")
        }
        return try await transaction([
            Self.fence(member, schema),
            PQStatement(
                """
                SELECT j.node, j.epoch, j.status, j.gap_start, j.dropped_bytes, \(schema.storedBytes) AS stored
                FROM \(schema.jobs) j WHERE j.id = $1 FOR UPDATE
                """, [.text(job.text)]),
        ]) { found throws(StoreError) in
            guard let row = found.last?.first, let length = row.int("stored") else { throw .jobNotFound(job) }
            if let member {
                guard found.first?.first != nil, row.text("node") == member.node, row.int("epoch") == member.epoch
                else {
                    throw .fenced
                }
            }
            let present = Self.gap(row)
            guard let gap = range.gap(in: length, with: present), gap != present else { return (present, []) }
            return (
                gap,
                [
                    PQStatement(
                        """
                        DELETE FROM \(schema.output) WHERE job_id = $1 AND "offset" >= $2 AND "offset" < $3
                        AND "offset" + octet_length(content) <= $3
                        """, [.text(job.text), .int(gap.lowerBound), .int(gap.upperBound)]),
                    PQStatement(
                        "UPDATE \(schema.jobs) SET gap_start = $2, dropped_bytes = $3 WHERE id = $1",
                        [.text(job.text), .int(gap.lowerBound), .int(Int64(gap.count))]),
                ]
            )
        }
    }

    static func gap(_ row: PQRow) -> Range<Int64>? {
        guard let start = row.int("gap_start"), let length = row.int("dropped_bytes") else { return nil }
        let (end, overflows) = start.addingReportingOverflow(length)
        return start >= 0 && length > 0 && !overflows ? start..<end : nil
    }
}
