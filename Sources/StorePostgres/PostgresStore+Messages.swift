public import SrunKit

extension PostgresStore {
    private static let changesAtOnce = 10_000

    /// Transactions become visible in another order than that of their numbers. So a mark is the oldest transaction that was still
    /// open: whatever is not seen yet is at it or behind it, and what is seen twice the caller recognizes.
    public func changes(since mark: ChangeMark?) async throws(StoreError) -> (jobs: [JobChange], mark: ChangeMark) {
        let rows = try await read(
            PQStatement(
                """
                SELECT pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS mark, c.job_id, c.number, c.xact
                FROM (SELECT 1) AS one LEFT JOIN (
                    SELECT job_id, number, xact FROM \(schema.changes) WHERE xact >= $1
                    ORDER BY xact, number LIMIT \(Self.changesAtOnce)) AS c ON true
                ORDER BY c.xact, c.number
                """, [.int(mark?.value ?? .max)]))
        let changes = rows.compactMap { row -> JobChange? in
            guard let job = row.text("job_id").flatMap({ JobID($0) }), let number = row.int("number") else {
                return nil
            }
            return JobChange(job: job, number: number)
        }
        // The rest is behind the last one that was read.
        if changes.count == Self.changesAtOnce, let last = rows.last?.int("xact") { return (changes, ChangeMark(last)) }
        return (changes, ChangeMark(rows.first?.int("mark") ?? mark?.value ?? .max))
    }

    public func send(_ request: String, to node: String) async throws(StoreError) -> Int64 {
        guard let member else { throw .fenced }
        // Not repeated when the connection breaks: what was typed must not be typed twice.
        do {
            let results = try await pool.perform([
                PQStatement(
                    "INSERT INTO \(schema.requests) (target, sender, body) VALUES ($1, $2, $3) RETURNING number",
                    [.text(node), .text(member.node), .text(request)])
            ])
            return results.first?.first?.int(at: 0) ?? 0
        } catch {
            throw StoreError(error)
        }
    }

    public func takeRequests() async throws(StoreError) -> [(number: Int64, body: String)] {
        guard let member else { return [] }
        do {
            let results = try await pool.perform([
                PQStatement(
                    """
                    WITH open AS (
                        SELECT number FROM \(schema.requests) WHERE target = $1 AND NOT is_taken
                        ORDER BY number LIMIT 500 FOR UPDATE SKIP LOCKED)
                    UPDATE \(schema.requests) r SET is_taken = true FROM open WHERE r.number = open.number
                    RETURNING r.number, r.body
                    """, [.text(member.node)])
            ])
            let rows = results.first?.rows.compactMap { row -> (number: Int64, body: String)? in
                guard let number = row.int(at: 0), let body = row.text(at: 1) else { return nil }
                return (number, body)
            }
            return (rows ?? []).sorted { $0.number < $1.number }
        } catch {
            throw StoreError(error)
        }
    }

    public func answer(_ number: Int64, _ text: String) async throws(StoreError) {
        _ = try await read(
            PQStatement(
                "UPDATE \(schema.requests) SET answer = $2 WHERE number = $1", [.int(number), .text(text)]))
    }

    public func takeAnswer(to number: Int64) async throws(StoreError) -> String? {
        let rows = try await read(
            PQStatement(
                "SELECT answer FROM \(schema.requests) WHERE number = $1 AND answer IS NOT NULL", [.int(number)]))
        return rows.first?.text(at: 0)
    }

    /// Old messages: nobody waits for them any more.
    public func removeOldMessages() async throws(StoreError) {
        _ = try await read([
            PQStatement(
                "DELETE FROM \(schema.changes) WHERE at < clock_timestamp() - interval '10 minutes'"),
            PQStatement(
                "DELETE FROM \(schema.requests) WHERE at < clock_timestamp() - interval '10 minutes'"),
        ])
    }
}
