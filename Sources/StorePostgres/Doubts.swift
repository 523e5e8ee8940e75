import Foundation
import SrunKit
import Synchronization

/// What was asked of the database while the connection broke, so that nobody knows whether it was done. Kept for as long as the server
/// may still be at it.
struct Doubts {
    private static let time = Duration.seconds(120)

    /// An attempt to add a job: the time of creation tells it from those of other nodes with the same key.
    struct Insert: Hashable {
        let job: JobID
        let createdAt: Date
    }

    private var insertsUntil: [Insert: ContinuousClock.Instant] = [:]
    private var claimsUntil: [Int64: ContinuousClock.Instant] = [:]

    mutating func add(insert job: Job) {
        insertsUntil[Insert(job: job.id, createdAt: job.createdAt)] = .now + Self.time
    }
    mutating func add(claim: Int64) { claimsUntil[claim] = .now + Self.time }
    mutating func settle(claim: Int64) { claimsUntil[claim] = nil }

    mutating func inserts() -> [Insert] {
        insertsUntil = insertsUntil.filter { $0.value > .now }
        return Array(insertsUntil.keys)
    }

    mutating func claims() -> [Int64] {
        claimsUntil = claimsUntil.filter { $0.value > .now }
        return Array(claimsUntil.keys)
    }
}

extension PostgresStore {
    /// Removes jobs whose insert was answered with an error although it was carried out: nothing runs that nobody knows of.
    ///
    /// Whoever has a key may have asked again, here or elsewhere, and have been told of the job. So it stays, and waits for whoever
    /// claims it: this node, which was to start it, has not.
    func settleInserts(_ member: Membership) async throws(StoreError) {
        let inserts = doubts.withLock { $0.inserts() }
        guard !inserts.isEmpty else { return }
        let (keyed, others) = (inserts.filter(\.job.isFromKey), inserts.filter { !$0.job.isFromKey })
        let attempt = "(id, created_at) IN (SELECT * FROM unnest($1, $2)) AND pid IS NULL"
        func values(_ inserts: [Doubts.Insert]) -> [PQValue] {
            [
                .texts(inserts.map(\.job.text)), .ints(inserts.map(\.createdAt.microseconds)), .text(member.node),
                .int(member.epoch),
            ]
        }
        _ = try await read([
            PQStatement(
                """
                DELETE FROM \(schema.jobs) WHERE \(attempt)
                AND (status = 'queued' OR status = 'running' AND node = $3 AND epoch = $4 AND claim IS NULL)
                """, values(others)),
            PQStatement(
                """
                UPDATE \(schema.jobs) SET status = 'queued', started_at = NULL WHERE \(attempt)
                AND status = 'running' AND node = $3 AND epoch = $4 AND claim IS NULL
                """, values(keyed)),
        ])
    }
}
