import Foundation
public import SrunKit
import Synchronization

extension PostgresStore: TeamStore {
    private var now: String { "clock_timestamp()" }

    public func join(_ node: TeamNode, lease: Duration) async throws(StoreError) {
        let schema = schema
        let epoch = try await transaction([
            // One life of a node after the other, also when two servers of one name start together.
            PQStatement(
                "SELECT pg_advisory_xact_lock(hashtextextended($1, 1))", [.text("\(schema.name) \(node.name)")]),
            PQStatement(
                """
                SELECT epoch, machine, address, NOT has_left AND lease_until > \(now) AS is_alive
                FROM \(schema.nodes) WHERE name = $1 FOR UPDATE
                """, [.text(node.name)]),
        ]) { found throws(StoreError) -> (Int64, [PQStatement]) in
            let row = found.last?.first
            if row?.bool("is_alive") == true, row?.text("machine") != node.machine {
                throw StoreError(
                    .locked,
                    "Another server is node \(node.name) of this team; give this one another name with --node, or wait until it has ended."
                )
            }
            let epoch = (row?.int("epoch") ?? 0) + 1
            return (
                epoch,
                [
                    Self.registration(of: node, epoch: epoch, lease: lease, schema),
                    // What an earlier life was running is for this one to settle.
                    PQStatement(
                        "UPDATE \(schema.jobs) SET epoch = $2 WHERE node = $1 AND status = 'running'",
                        [.text(node.name), .int(epoch)]),
                ]
            )
        }
        self.lease.withLock { $0 = lease }
        membership.withLock { $0 = Membership(node: node.name, epoch: epoch) }
        // What an earlier life could not bring in belongs before anything new.
        _ = await drain?.pass(self)
    }

    private static func registration(
        of node: TeamNode, epoch: Int64, lease: Duration, _ schema: PostgresSchema
    ) -> PQStatement {
        PQStatement(
            """
            INSERT INTO \(schema.nodes) AS n
                (name, epoch, machine, version, address, labels, capacity, heartbeat_at, lease_until)
            VALUES ($1, $2, $3, $4, '', $5, $6::int8::int4, clock_timestamp(), clock_timestamp() + $7 * interval '1 second')
            ON CONFLICT (name) DO UPDATE SET
                epoch = excluded.epoch, machine = excluded.machine, version = excluded.version, labels = excluded.labels,
                capacity = excluded.capacity, heartbeat_at = excluded.heartbeat_at, lease_until = excluded.lease_until,
                has_left = false, running = 0
            """,
            [
                .text(node.name), .int(epoch), .text(node.machine), .text(node.version), .texts(node.labels),
                .int(Int64(node.capacity)), .double(lease.seconds),
            ])
    }

    public func renew(_ load: NodeLoad) async throws(StoreError) -> Renewal {
        guard let member else { throw .fenced }
        try await settleInserts(member)
        let renewal = PQStatement(
            """
            WITH mine AS (
                UPDATE \(schema.nodes) SET heartbeat_at = \(now), running = $3::int8::int4, address = $4,
                    lease_until = \(now) + $5 * interval '1 second'
                WHERE name = $1 AND epoch = $2 AND NOT has_left RETURNING is_draining)
            SELECT is_draining,
                (SELECT count(*) FROM \(schema.nodes)
                    WHERE name <> $1 AND NOT has_left AND lease_until > \(now)) AS others,
                NOT EXISTS (SELECT 1 FROM \(schema.nodes)
                    WHERE name < $1 AND NOT has_left AND lease_until > \(now)) AS is_first,
                ARRAY(SELECT name FROM \(schema.nodes) WHERE NOT has_left AND lease_until <= \(now)) AS silent,
                (SELECT count(*) FROM (SELECT 1 FROM \(schema.jobs) WHERE status = 'queued' LIMIT 100000) AS q) AS queued
            FROM mine
            """,
            [
                .text(member.node), .int(member.epoch), .int(Int64(load.running)), .text(load.address),
                .double(lease.withLock { $0 }.seconds),
            ])
        let rows: [PQRow]
        do {
            // Asked again at the next heartbeat, not for as long as a reader would wait.
            rows = try await pool.perform([renewal], limit: PQConnection.writeLimit).first?.rows ?? []
        } catch {
            let failure = StoreError(error)
            note(failure)
            throw failure
        }
        note(rows.isEmpty ? .fenced : nil)
        guard let row = rows.first else { throw .fenced }
        return Renewal(
            isDraining: row.bool("is_draining") ?? false, others: Int(row.int("others") ?? 0),
            isFirst: row.bool("is_first") ?? false, queued: Int(row.int("queued") ?? 0),
            silent: Set(row.texts("silent") ?? []))
    }

    public func leave() async throws(StoreError) {
        guard let member else { return }
        // Not while it still has jobs: those are for its next life, or the others find out.
        _ = try await read(
            PQStatement(
                """
                UPDATE \(schema.nodes) SET has_left = true, lease_until = \(now), running = 0
                WHERE name = $1 AND epoch = $2
                    AND NOT EXISTS (SELECT 1 FROM \(schema.jobs) WHERE node = $1 AND status = 'running')
                """, [.text(member.node), .int(member.epoch)]))
    }

    public func nodes() async throws(StoreError) -> [NodeStatus] {
        let rows = try await read(
            PQStatement(
                """
                SELECT n.*, (extract(epoch FROM heartbeat_at) * 1000000)::int8 AS heartbeat, lease_until > \(now) AS is_alive,
                    (SELECT count(*) FROM \(schema.jobs) j WHERE j.status = 'queued' AND j.wanted_node = n.name) AS queued
                FROM \(schema.nodes) n WHERE heartbeat_at > \(now) - interval '7 days' ORDER BY name
                """))
        return rows.compactMap { row in
            guard let name = row.text("name") else { return nil }
            let state: NodeStatus.State =
                if row.bool("has_left") == true {
                    .down
                } else if row.bool("is_alive") == true {
                    row.bool("is_draining") == true ? .draining : .up
                } else {
                    .unknown
                }
            return NodeStatus(
                node: TeamNode(
                    name: name, machine: row.text("machine") ?? "", version: row.text("version") ?? "",
                    labels: row.texts("labels") ?? [], capacity: Int(row.int("capacity") ?? 0)),
                address: row.text("address") ?? "", running: Int(row.int("running") ?? 0),
                queued: Int(row.int("queued") ?? 0), state: state,
                heartbeatAt: Date(microseconds: row.int("heartbeat") ?? 0))
        }
    }

    public func setDraining(_ isDraining: Bool, node: String) async throws(StoreError) {
        let found = try await read([
            PQStatement(
                "UPDATE \(schema.nodes) SET is_draining = $2 WHERE name = $1", [.text(node), .bool(isDraining)])
        ])
        guard found.first?.changed == 1 else { throw StoreError(.jobNotFound, "There is no node of this name.") }
    }
}

extension Duration {
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
