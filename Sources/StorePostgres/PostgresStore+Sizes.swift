public import SrunKit

extension PostgresStore: SizeRecording {
    public func record(_ size: TimedSize, of job: JobID) async throws(StoreError) {
        let rows = try await read(
            PQStatement(
                """
                WITH kept AS (
                    INSERT INTO \(schema.terminalSizes) (job_id, at, cols, rows)
                    SELECT id, $2, $3::int8::int4, $4::int8::int4 FROM \(schema.jobs) WHERE id = $1
                        AND (SELECT count(*) FROM \(schema.terminalSizes) WHERE job_id = $1) < \(Self.maximumSizes)
                    ON CONFLICT (job_id, at) DO UPDATE SET cols = excluded.cols, rows = excluded.rows)
                SELECT EXISTS (SELECT 1 FROM \(schema.jobs) WHERE id = $1)
                """,
                [
                    .text(job.text), .int(size.time.microseconds), .int(Int64(size.size.columns)),
                    .int(Int64(size.size.rows)),
                ]
            ))
        guard rows.first?.bool(at: 0) == true else { throw .jobNotFound(job) }
    }

    public func sizes(of job: JobID) async throws(StoreError) -> [TimedSize] {
        let rows = try await read(
            PQStatement(
                "SELECT at, cols, rows FROM \(schema.terminalSizes) WHERE job_id = $1 ORDER BY at", [.text(job.text)]))
        return rows.compactMap { row in
            guard let time = JobRow.time(row.int(at: 0)), let columns = row.int(at: 1), let rows = row.int(at: 2) else {
                return nil
            }
            return TimedSize(time: time, size: TerminalSize(columns: Int(columns), rows: Int(rows)))
        }
    }
}

extension PostgresSchema {
    var terminalSizes: String { table("terminal_sizes") }

    var sizes: [String] {
        [
            """
            CREATE TABLE \(terminalSizes) (
                job_id text COLLATE "C" NOT NULL REFERENCES \(jobs) (id) ON DELETE CASCADE,
                at int8 NOT NULL,
                cols int4 NOT NULL,
                rows int4 NOT NULL,
                PRIMARY KEY (job_id, at)
            )
            """
        ]
    }
}
