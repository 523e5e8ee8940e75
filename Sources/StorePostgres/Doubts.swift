import Foundation
import SrunKit
import Synchronization

/// What was asked of the database while the connection broke, so that nobody knows whether it was done. Kept for as long as the server
/// may still be at it.
struct Doubts {
    private static let time = Duration.seconds(120)

    private var insertsUntil: [JobID: ContinuousClock.Instant] = [:]
    private var claimsUntil: [Int64: ContinuousClock.Instant] = [:]

    mutating func add(insert job: JobID) { insertsUntil[job] = .now + Self.time }
    mutating func add(claim: Int64) { claimsUntil[claim] = .now + Self.time }
    mutating func settle(claim: Int64) { claimsUntil[claim] = nil }

    mutating func inserts() -> [JobID] {
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
    func settleInserts(_ member: Membership) async throws(StoreError) {
        let jobs = doubts.withLock { $0.inserts() }
        guard !jobs.isEmpty else { return }
        _ = try await read([
            PQStatement(
                """
                DELETE FROM \(schema.jobs) WHERE id = ANY($1) AND pid IS NULL
                AND (status = 'queued' OR status = 'running' AND node = $2)
                """, [.texts(jobs.map(\.text)), .text(member.node)])
        ])
    }
}
