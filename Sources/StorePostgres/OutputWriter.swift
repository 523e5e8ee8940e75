import NIOCore
import SrunKit

/// Writes output of many jobs, as much of it in one transaction as has arrived while the last one was written.
///
/// Every write gets its own answer. When a transaction fails for a reason that is not the connection's, its writes are tried again
/// one by one, so that one that cannot be written does not take others with it.
actor OutputWriter {
    private struct Write {
        let job: JobID
        let chunks: [LogChunk]
        let member: PostgresStore.Membership?
        let answer: CheckedContinuation<StoreError?, Never>

        var bytes: Int { chunks.reduce(0) { $0 + $1.bytes.readableBytes } }
    }

    /// Bounds the memory that one transaction needs, here and in the server.
    private static let transactionBytes = 8 << 20
    private static let transactionWrites = 512

    private let pool: ConnectionPool
    private let schema: PostgresSchema
    private var waiting: [Write] = []
    private var isWriting = false
    private var isFinished = false
    private var whenIdle: [CheckedContinuation<Void, Never>] = []

    init(pool: ConnectionPool, schema: PostgresSchema) {
        self.pool = pool
        self.schema = schema
    }

    func append(
        _ chunks: [LogChunk], to job: JobID, as member: PostgresStore.Membership?
    ) async throws(StoreError) {
        if isFinished { throw StoreError(.unavailable, "The store is closed.") }
        let failure = await withCheckedContinuation { answer in
            waiting.append(Write(job: job, chunks: chunks, member: member, answer: answer))
            if !isWriting {
                isWriting = true
                Task { await self.drain() }
            }
        }
        if let failure { throw failure }
    }

    /// Refuses what comes after, and returns when everything before is written.
    func finish() async {
        isFinished = true
        if isWriting { await withCheckedContinuation { whenIdle.append($0) } }
    }

    private func drain() async {
        while !waiting.isEmpty { await write(takeTransaction()) }
        isWriting = false
        for waiter in whenIdle { waiter.resume() }
        whenIdle.removeAll()
    }

    /// At least one write, each job once: the second one of a job begins where the first one ends.
    private func takeTransaction() -> [Write] {
        var bytes = 0
        var jobs: Set<JobID> = []
        var taken: [Write] = []
        var left: [Write] = []
        for write in waiting {
            let fits = taken.count < Self.transactionWrites && bytes < Self.transactionBytes
            if fits, write.member == (taken.first ?? write).member, jobs.insert(write.job).inserted {
                taken.append(write)
                bytes += write.bytes
            } else {
                left.append(write)
            }
        }
        waiting = left
        return taken
    }

    private func write(_ writes: [Write]) async {
        do {
            let results = try await commit(writes)
            for write in writes { write.answer.resume(returning: results[write.job] ?? nil) }
        } catch {
            guard writes.count > 1, error.kind == .server, !error.isTransient else {
                for write in writes { write.answer.resume(returning: StoreError(error)) }
                return
            }
            for write in writes { await self.write([write]) }
        }
    }

    private func commit(_ writes: [Write]) async throws(PQFailure) -> [JobID: StoreError] {
        let schema = schema
        let member = writes.first?.member
        return try await pool.withConnection { connection async throws(PQFailure) in
            let found = try await connection.perform(
                [
                    .begin(), .limits, PostgresStore.fence(member, schema),
                    PQStatement(
                        """
                        SELECT j.id, j.node, j.epoch, j.status, \(schema.storedBytes) AS stored
                        FROM \(schema.jobs) j WHERE j.id = ANY($1) ORDER BY j.id FOR KEY SHARE
                        """, [.texts(writes.map(\.job.text))]),
                ], limit: PQConnection.writeLimit)
            var jobs: [String: PQRow] = [:]
            for row in found.last?.rows ?? [] { if let id = row.text("id") { jobs[id] = row } }
            let holdsLease = found.dropLast().last?.first != nil
            var refusals: [JobID: StoreError] = [:]
            var batch = OutputBatch()
            for write in writes {
                do throws(StoreError) {
                    let end = try Self.end(of: write, jobs[write.job.text], holdsLease: holdsLease)
                    batch.add(OutputRow.rows(of: write.chunks, from: end), of: write.job)
                } catch {
                    refusals[write.job] = error
                }
            }
            _ = try await connection.perform(batch.statements(schema) + [.commit], limit: PQConnection.writeLimit)
            return refusals
        }
    }

    /// Where the stored output ends, when the write may be made.
    private static func end(of write: Write, _ row: PQRow?, holdsLease: Bool) throws(StoreError) -> Int64 {
        guard let row, let end = row.int("stored") else { throw .jobNotFound(write.job) }
        if let member = write.member {
            if let status = row.text("status").flatMap({ JobStatus(rawValue: $0) }), status.isFinal {
                throw StoreError(
                    .illegalTransition(from: status), "Job \(write.job) has ended; its output is complete.")
            }
            guard holdsLease, row.text("node") == member.node, row.int("epoch") == member.epoch else { throw .fenced }
        }
        guard let first = write.chunks.first, first.offset <= end else {
            throw StoreError(.gap(expected: end), "Output of job \(write.job) can only continue at byte \(end).")
        }
        return end
    }
}

/// Rows of many jobs as one statement with an array per column.
private struct OutputBatch {
    private var jobs: [String] = []
    private var offsets: [Int64] = []
    private var times: [Int64] = []
    private var streams: [String] = []
    private var contents: [ByteBuffer] = []

    mutating func add(_ rows: [OutputRow], of job: JobID) {
        for row in rows {
            jobs.append(job.text)
            offsets.append(row.offset)
            times.append(row.time.microseconds)
            streams.append(row.stream.rawValue)
            contents.append(row.bytes)
        }
    }

    func statements(_ schema: PostgresSchema) -> [PQStatement] {
        guard !jobs.isEmpty else { return [] }
        return [
            PQStatement(
                """
                INSERT INTO \(schema.output) (job_id, "offset", created_at, log_level, content)
                SELECT * FROM unnest($1, $2, $3, $4, $5)
                """, [.texts(jobs), .ints(offsets), .ints(times), .texts(streams), .blobs(contents)])
        ]
    }
}
