import GRDB
public import SrunKit

extension SQLiteStore: OutputTrimming {
    public func drop(_ range: Range<Int64>, of job: JobID) async throws(StoreError) -> Range<Int64>? {
        try await writer.perform(.process) { db in
            guard let length = try Self.storedBytes(of: job, db) else { throw StoreError.jobNotFound(job) }
            let present = try Self.gap(in: job, db)
            guard let gap = range.gap(in: length, with: present), gap != present else { return present }
            try db.cachedStatement(
                sql: """
                    DELETE FROM job_logs WHERE id IN (
                        SELECT id FROM job_logs WHERE job_id = :job AND "offset" >= :start AND "offset" < :end
                        AND "offset" + ifnull(unpacked_bytes, length(content)) <= :end)
                    """
            ).execute(arguments: ["job": job.text, "start": gap.lowerBound, "end": gap.upperBound])
            try db.cachedStatement(sql: "UPDATE jobs SET gap_start = ?, dropped_bytes = ? WHERE id = ?")
                .execute(arguments: [gap.lowerBound, Int64(gap.count), job.text])
            return gap
        }
    }

    /// Where a job's output has a gap.
    static func gap(in job: JobID, _ db: Database) throws -> Range<Int64>? {
        let statement = try db.cachedStatement(
            sql: "SELECT gap_start, dropped_bytes FROM jobs WHERE id = ? AND gap_start IS NOT NULL")
        guard let row = try Row.fetchOne(statement, arguments: [job.text]),
            let start: Int64 = row.value(at: 0), let length: Int64 = row.value(at: 1)
        else { return nil }
        let (end, overflows) = start.addingReportingOverflow(length)
        return start >= 0 && length > 0 && !overflows ? start..<end : nil
    }
}
