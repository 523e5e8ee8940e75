import Foundation
import GRDB
public import SrunKit

extension SQLiteStore: JobStore {
    public func insert(_ job: Job) async throws(StoreError) {
        let arguments = try JobRecord.arguments(of: job)
        try await writer.perform(.power) { db in
            let origin = job.spec.retry?.of
            if let origin { try Self.checkRetry(of: origin, db) }
            try db.cachedStatement(sql: JobRecord.insertion).execute(arguments: arguments)
            guard db.changesCount == 1 else {
                throw StoreError(.alreadyExists, "There is a job \(job.id) already.")
            }
            if let origin { try Self.settleRetry(of: origin, db) }
        }
    }

    public func advance(_ id: JobID, to next: JobState) async throws(StoreError) {
        try await writer.perform(.power) { db in
            let present = try Self.state(of: id, db)
            guard present.mayAdvance(to: next) else {
                throw StoreError(
                    .illegalTransition(from: present.status),
                    "Job \(id) is \(present.status.rawValue) and cannot become \(next.status.rawValue).")
            }
            guard present != next else { return }
            try db.cachedStatement(sql: JobRecord.advancement).execute(arguments: JobRecord.arguments(of: next, id: id))
        }
    }

    static func state(of id: JobID, _ db: Database) throws -> JobState {
        let brief = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT status, started_at, pid FROM jobs WHERE id = ?"), arguments: [id.text])
        guard let brief else { throw StoreError.jobNotFound(id) }
        // All there is of a job that has not ended, which is what is asked for at almost every change.
        switch brief.value(at: 0, as: String.self) {
        case JobStatus.queued.rawValue: return .queued
        case JobStatus.running.rawValue:
            guard let startedAt = Date.stored(brief.value(at: 1)) else { throw StoreError.damagedRow }
            return .running(JobRun(startedAt: startedAt, processID: brief.value(at: 2)))
        default:
            let statement = try db.cachedStatement(sql: "SELECT \(JobRecord.columns) FROM jobs WHERE id = ?")
            guard let row = try Row.fetchOne(statement, arguments: [id.text]) else { throw StoreError.jobNotFound(id) }
            return try JobRecord.state(from: row)
        }
    }

    public func job(_ id: JobID) async throws(StoreError) -> Job? {
        try await read { db in
            let statement = try db.cachedStatement(sql: "SELECT \(JobRecord.columns) FROM jobs WHERE id = ?")
            guard let row = try Row.fetchOne(statement, arguments: [id.text]) else { return nil }
            var job = try JobRecord.job(from: row)
            if !job.status.isFinal { job.outputBytes = try Self.storedBytes(of: id, db) ?? 0 }
            return job
        }
    }

    public func jobs(_ query: JobQuery) async throws(StoreError) -> JobPage {
        // Text for SQLite ends at a NUL, and what follows it would be left out of the search. No job contains one.
        if [query.text, query.tag, query.node, query.createdBy].contains(where: { $0?.utf8.contains(0) == true }) {
            return JobPage(jobs: [], next: nil)
        }
        let limit = min(max(query.limit, 1), JobQuery.maximumLimit)
        let listing = JobListing(query, limit: limit + 1)
        return try await read { db in
            var jobs = try Row.fetchAll(db.cachedStatement(sql: listing.sql), arguments: listing.arguments)
                .map(JobRecord.job(from:))
            guard jobs.count > limit else { return JobPage(jobs: jobs, next: nil) }
            jobs.removeLast()
            return JobPage(jobs: jobs, next: jobs.last.map(JobCursor.init))
        }
    }

    /// Written so that SQLite recognizes the condition of the index `jobs_unfinished`.
    static let unfinished = """
        SELECT \(JobRecord.columns) FROM jobs WHERE node = ? AND status IN ('queued', 'running') ORDER BY created_at, id
        """

    public func unfinishedJobs(onNode node: String) async throws(StoreError) -> [Job] {
        try await read { db in
            try Row.fetchAll(db.cachedStatement(sql: Self.unfinished), arguments: [node]).map { row in
                var job = try JobRecord.job(from: row)
                job.outputBytes = try Self.storedBytes(of: job.id, db) ?? 0
                return job
            }
        }
    }
}
