import Foundation
import GRDB
public import SrunKit

extension SQLiteStore: SizeRecording {
    public func record(_ size: TimedSize, of job: JobID) async throws(StoreError) {
        try await writer.perform(.process) { db in
            _ = try Self.state(of: job, db)
            let count = try Int.fetchOne(
                db.cachedStatement(sql: "SELECT count(*) FROM terminal_sizes WHERE job_id = ?"), arguments: [job.text])
            guard count ?? 0 < Self.maximumSizes else { return }
            try db.cachedStatement(
                sql: "INSERT OR REPLACE INTO terminal_sizes (job_id, at, cols, rows) VALUES (?, ?, ?, ?)"
            )
            .execute(arguments: [job.text, size.time.column, size.size.columns, size.size.rows])
        }
    }

    public func sizes(of job: JobID) async throws(StoreError) -> [TimedSize] {
        try await read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT at, cols, rows FROM terminal_sizes WHERE job_id = ? ORDER BY at"),
                arguments: [job.text]
            ).compactMap { row in
                guard let time = Date.stored(row.value(at: 0, as: Int64.self)), let columns: Int = row.value(at: 1),
                    let rows: Int = row.value(at: 2)
                else { return nil }
                return TimedSize(time: time, size: TerminalSize(columns: columns, rows: rows))
            }
        }
    }
}
