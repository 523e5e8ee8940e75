import Foundation
public import SrunKit
import Synchronization

extension PostgresStore {
    /// Several nodes claim at the same time and never wait for each other, except over jobs with a group: whether a group is full can
    /// only be told by one at a time.
    ///
    /// Every claim has a number. One whose answer was lost is in doubt, and what it took is returned by a later call, which takes
    /// so many fewer.
    public func claim(limit: Int) async throws(StoreError) -> [Job] {
        guard let member else { throw .fenced }
        let (number, inDoubt) = (Int64.random(in: 1 ... .max), doubts.withLock { $0.claims() })
        let grouped = "EXISTS (SELECT 1 FROM \(schema.jobs) WHERE status = 'queued' AND group_name IS NOT NULL)"
        let results: [PQResult]
        do {
            results = try await pool.perform([
                .begin(), .limits,
                PQStatement(
                    """
                    SELECT CASE WHEN \(grouped) THEN pg_advisory_xact_lock(hashtextextended($1, 2)) END
                    """, [.text(schema.name)]),
                PQStatement(
                    """
                    SELECT * FROM \(schema.jobs)
                    WHERE node = $1 AND epoch = $2 AND status = 'running' AND claim = ANY($3)
                    """, [.text(member.node), .int(member.epoch), .ints(inDoubt)]),
                PQStatement(
                    claiming,
                    [
                        .text(member.node), .int(member.epoch), .int(Int64(max(1, limit))), .int(Date().microseconds),
                        .int(number), .ints(inDoubt),
                    ]),
                .commit,
            ])
        } catch {
            doubts.withLock { $0.add(claim: number) }
            throw StoreError(error)
        }
        let unheard = results.dropFirst(3).first?.rows ?? []
        for row in unheard { if let claim = row.int("claim") { doubts.withLock { $0.settle(claim: claim) } } }
        var jobs: [Job] = []
        for row in unheard + (results.dropFirst(4).first?.rows ?? []) { jobs.append(try JobRow.job(from: row)) }
        return jobs.sorted { ($1.spec.queueing.priority, $0.createdAt) < ($0.spec.queueing.priority, $1.createdAt) }
    }

    /// Of each group only as many are looked at as may still run. What is chosen is locked and looked at again before it is taken.
    private var claiming: String {
        """
        WITH me AS (
            SELECT name, labels FROM \(schema.nodes)
            WHERE name = $1 AND epoch = $2 AND lease_until > clock_timestamp() AND NOT is_draining FOR KEY SHARE),
        eligible AS (
            SELECT q.id, q.priority, q.created_at, q.group_name, q.group_limit FROM \(schema.jobs) q, me
            WHERE q.status = 'queued' AND (q.wanted_node IS NULL OR q.wanted_node = me.name)
                AND (q.wanted_label IS NULL OR q.wanted_label = ANY(me.labels))),
        open_jobs AS (
            SELECT id, priority, created_at FROM eligible WHERE group_name IS NULL
            UNION ALL
            SELECT g.id, g.priority, g.created_at FROM (
                SELECT e.*, row_number() OVER (
                        PARTITION BY group_name ORDER BY priority DESC, created_at, id) AS place,
                    (SELECT count(*) FROM \(schema.jobs) r
                        WHERE r.group_name = e.group_name AND r.status = 'running') AS busy
                FROM eligible e WHERE group_name IS NOT NULL) AS g
            WHERE g.place <= g.group_limit - g.busy),
        chosen AS (
            SELECT j.id FROM \(schema.jobs) j
            WHERE j.status = 'queued' AND j.id IN (SELECT id FROM open_jobs)
            ORDER BY j.priority DESC, j.created_at, j.id
            LIMIT greatest(0, $3 - (
                SELECT count(*) FROM \(schema.jobs) d
                WHERE d.node = $1 AND d.epoch = $2 AND d.status = 'running' AND d.claim = ANY($6)))
            FOR UPDATE SKIP LOCKED),
        taken AS (
            UPDATE \(schema.jobs) j SET status = 'running', node = $1, epoch = $2, claim = $5, started_at = greatest($4, created_at)
            FROM chosen WHERE j.id = chosen.id RETURNING j.*),
        noted AS (\(schema.noting("taken")))
        SELECT * FROM taken
        """
    }

    public func bury(after grace: Duration) async throws(StoreError) -> [JobID] {
        // Looked at without a lock first: this is asked all the time, and almost always there is nobody to bury.
        let condition = "NOT has_left AND lease_until + $1 * interval '1 second' < clock_timestamp()"
        let dead = try await read(
            PQStatement("SELECT name FROM \(schema.nodes) WHERE \(condition)", [.double(grace.seconds)]))
        guard !dead.isEmpty else { return [] }
        let results: [PQResult]
        do {
            results = try await pool.perform([
                .begin(), .limits,
                PQStatement(
                    """
                    WITH dead AS (
                        SELECT name FROM \(schema.nodes) WHERE \(condition) FOR UPDATE SKIP LOCKED),
                    buried AS (
                        UPDATE \(schema.nodes) n SET epoch = epoch + 1, has_left = true, running = 0
                        FROM dead WHERE n.name = dead.name RETURNING n.name),
                    lost AS (
                        UPDATE \(schema.jobs) j SET status = 'lost', output_bytes = \(schema.storedBytes),
                            stopped_at = greatest(
                                (extract(epoch FROM clock_timestamp()) * 1000000)::int8, coalesce(j.started_at, 0)),
                            reason = 'its node ' || j.node || ' was lost'
                        FROM buried WHERE j.node = buried.name AND j.status = 'running' RETURNING j.id, j.node),
                    noted AS (\(schema.noting("lost")))
                    SELECT id FROM lost
                    """, [.double(grace.seconds)]),
                .commit,
            ])
        } catch {
            throw StoreError(error)
        }
        return results.dropFirst(2).first?.rows.compactMap { $0.text(at: 0).flatMap { JobID($0) } } ?? []
    }
}
