public import SrunKit
import Synchronization

extension PostgresStore: JobStore {
    public func insert(_ job: Job) async throws(StoreError) {
        let member = self.member
        let statement = try JobRow.insertion(of: job, by: member, schema)
        var isRepeated = false
        while true {
            do {
                let answer = try await pool.perform([.begin(), .limits, statement, .commit]).dropFirst(2).first?.first
                if answer?.int(at: 0) == 1 { return }
                guard answer?.bool(at: 1) == true else { throw StoreError.fenced }
                // Whoever made this identifier made it for this call: it is there because an attempt before this one got through.
                if isRepeated, try await self.job(job.id) == job { return }
                throw StoreError(.alreadyExists, "There is a job \(job.id) already.")
            } catch let error as StoreError {
                throw error
            } catch let error as PQFailure {
                guard error.isTransient, !isRepeated else {
                    // The caller is told that there is no such job; should it be there, it goes (docs/decisions/0062).
                    if error.kind == .connection { doubts.withLock { $0.add(insert: job) } }
                    throw StoreError(error)
                }
                isRepeated = true
            } catch {
                throw StoreError(.unavailable, "PostgreSQL does not answer now; try again.", underlying: error)
            }
        }
    }

    public func advance(_ id: JobID, to next: JobState) async throws(StoreError) {
        let member = self.member
        let schema = schema
        // An end says how much output there is, so all of it comes first.
        if next.status.isFinal, let drain, await drain.spool.holds(id) {
            drain.start(self)
            throw StoreError(.unavailable, "Output of job \(id) waits for PostgreSQL.")
        }
        try await transaction([
            Self.fence(member, schema),
            PQStatement("SELECT * FROM \(schema.jobs) WHERE id = $1 FOR UPDATE", [.text(id.text)]),
        ]) { found throws(StoreError) in
            guard let row = found.last?.first else { throw .jobNotFound(id) }
            let present = try JobRow.state(from: row)
            guard present.mayAdvance(to: next) else { throw Self.illegal(id, present, next) }
            guard present != next else { return ((), []) }
            if let member, present.status == .running {
                guard found.first?.first != nil, row.text("node") == member.node, row.int("epoch") == member.epoch
                else {
                    throw .fenced
                }
            }
            return ((), [JobRow.update(id, to: next, schema)])
        }
    }

    static func illegal(_ id: JobID, _ present: JobState, _ next: JobState) -> StoreError {
        StoreError(
            .illegalTransition(from: present.status),
            "Job \(id) is \(present.status.rawValue) and cannot become \(next.status.rawValue).")
    }

    /// A job beside the number of bytes that are stored of it.
    var withStoredBytes: String {
        """
        SELECT j.*, \(schema.storedBytes) AS stored, (\(schema.isUnknown)) AS is_unknown FROM \(schema.jobs) j
        """
    }

    public func job(_ id: JobID) async throws(StoreError) -> Job? {
        let rows = try await read(PQStatement("\(withStoredBytes) WHERE j.id = $1", [.text(id.text)]))
        return try rows.first.map(Self.current)
    }

    static func current(_ row: PQRow) throws(StoreError) -> Job {
        var job = try JobRow.job(from: row)
        if !job.status.isFinal { job.outputBytes = row.int("stored") ?? 0 }
        return job
    }

    public func jobs(_ query: JobQuery) async throws(StoreError) -> JobPage {
        // PostgreSQL cannot take a text with a NUL, and no job contains one.
        if [query.text, query.tag, query.node, query.createdBy].contains(where: { $0?.utf8.contains(0) == true }) {
            return JobPage(jobs: [], next: nil)
        }
        let limit = min(max(query.limit, 1), JobQuery.maximumLimit)
        var jobs: [Job] = []
        for row in try await read(JobListing.statement(query, limit: limit + 1, schema)) {
            jobs.append(try JobRow.job(from: row))
        }
        guard jobs.count > limit else { return JobPage(jobs: jobs, next: nil) }
        jobs.removeLast()
        return JobPage(jobs: jobs, next: jobs.last.map(JobCursor.init))
    }

    public func unfinishedJobs(onNode node: String) async throws(StoreError) -> [Job] {
        let rows = try await read(
            PQStatement(
                """
                \(withStoredBytes) WHERE j.node = $1 AND j.status IN ('queued', 'running') ORDER BY j.created_at, j.id
                """, [.text(node)]))
        var jobs: [Job] = []
        for row in rows { jobs.append(try Self.current(row)) }
        return jobs
    }
}

extension PostgresSchema {
    /// Whether the node of the job `j` has lost contact while the job ran.
    var isUnknown: String {
        """
        j.status = 'running' AND j.epoch > 0 AND NOT EXISTS (
            SELECT 1 FROM \(nodes) n WHERE n.name = j.node AND n.lease_until > clock_timestamp())
        """
    }

    /// Where the stored output of the job `j` ends. The length of a row is in its head: the bytes are not read.
    var storedBytes: String {
        """
        coalesce((
            SELECT l."offset" + octet_length(l.content) FROM \(output) l WHERE l.job_id = j.id
            ORDER BY l."offset" DESC LIMIT 1), 0)
        """
    }
}
