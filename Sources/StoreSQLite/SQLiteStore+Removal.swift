import GRDB
public import SrunKit

extension SQLiteStore {
    /// Rows of output that one transaction removes: at most 4 MiB, a few milliseconds in which nobody else can write.
    private static let rowsPerStep = 64

    private enum Removal {
        case someOutput, allOutput, job
    }

    public func remove(_ id: JobID) async throws(StoreError) {
        // Only the end is synced, and everything before with it: until then a loss of power may bring output back.
        var removed = try await removeStep(id, .process)
        while removed == .someOutput { removed = try await removeStep(id, .process) }
        if removed == .allOutput { _ = try await removeStep(id, .power) }
    }

    private func removeStep(_ id: JobID, _ durability: GroupCommit.Durability) async throws(StoreError) -> Removal {
        try await writer.perform(durability) { db in
            let state = try Self.state(of: id, db)
            guard state.status.isFinal else {
                throw StoreError(
                    .illegalTransition(from: state.status),
                    "Job \(id) is \(state.status.rawValue); only a job that has ended can be removed.")
            }
            // From the end: what is left in between is a shorter output, not one with a hole.
            try db.cachedStatement(
                sql: """
                    DELETE FROM job_logs WHERE id IN (
                        SELECT id FROM job_logs WHERE job_id = ? ORDER BY "offset" DESC LIMIT \(Self.rowsPerStep))
                    """
            ).execute(arguments: [id.text])
            guard db.changesCount < Self.rowsPerStep else { return .someOutput }
            guard durability == .power else { return .allOutput }
            try db.cachedStatement(sql: "DELETE FROM jobs WHERE id = ?").execute(arguments: [id.text])
            return .job
        }
    }
}
