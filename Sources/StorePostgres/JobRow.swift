import Foundation
import SrunKit

/// A job as a row of `jobs`.
enum JobRow {
    /// Those that a state sets, in the order of ``values(of:outputBytes:)``.
    private static let stateColumns = [
        "status", "pid", "started_at", "stopped_at", "exit_code", "signal", "reason", "output_bytes", "user_seconds",
        "system_seconds", "max_resident_bytes", "stopped_by", "read_bytes", "written_bytes", "retry_at", "ran_for",
    ]
    /// Columns of four bytes, which a number of eight is not assigned to by itself.
    private static let narrow: Set<String> = ["pid", "exit_code", "signal", "priority", "group_limit"]

    /// Inserts the job, unless its node holds no lease or the identifier is taken.
    static func insertion(
        of job: Job, by member: PostgresStore.Membership?, _ schema: PostgresSchema
    ) throws(StoreError) -> PQStatement {
        let epoch = member.map { $0.node == job.node ? $0.epoch : 0 } ?? 0
        let fixed: [(String, PQValue)] = [
            ("id", .text(job.id.text)), ("command", .text(job.spec.commandText)),
            ("created_at", .int(job.createdAt.microseconds)), ("node", .text(job.node)),
            ("restart_of", .text(job.restartOf?.text)), ("created_by", .text(job.createdBy)),
            ("name", .text(job.spec.name)), ("tags", .texts(job.spec.tags)),
            ("spec", .text(try StoredJSON.text(of: StoredSpec(job.spec)))), ("epoch", .int(epoch)),
            ("priority", .int(Int64(job.spec.queueing.priority))),
            ("group_name", .text(job.spec.queueing.group?.name)),
            ("group_limit", .int(job.spec.queueing.group.map { Int64($0.limit) })),
            ("wanted_node", .text(wantedNode(job.spec))), ("wanted_label", .text(wantedLabel(job.spec))),
        ]
        let all = fixed + Array(zip(stateColumns, values(of: job.state, outputBytes: job.outputBytes)))
        let origin = "$\(all.count + 1)"
        let fence = PostgresStore.fence(member, schema, from: all.count + 2)
        return PQStatement(
            """
            WITH fence AS (\(fence.sql)),
            origin AS (SELECT id, retry_at FROM \(schema.jobs) WHERE id = \(origin)::text FOR UPDATE),
            added AS (
                INSERT INTO \(schema.jobs) (\(all.map(\.0).joined(separator: ", ")))
                SELECT \(placeholders(all.map(\.0), from: 1).joined(separator: ", ")) FROM fence
                WHERE NOT EXISTS (SELECT 1 FROM origin WHERE retry_at IS NULL)
                ON CONFLICT DO NOTHING RETURNING id, node),
            settled AS (
                UPDATE \(schema.jobs) SET retry_at = NULL
                WHERE id = \(origin)::text AND retry_at IS NOT NULL AND EXISTS (SELECT 1 FROM added)),
            noted AS (\(schema.noting("added")))
            SELECT (SELECT count(*) FROM added), EXISTS (SELECT 1 FROM fence)
            """, all.map(\.1) + [.text(job.spec.retry?.of.text)] + fence.values)
    }

    static func update(_ id: JobID, to state: JobState, _ schema: PostgresSchema) -> PQStatement {
        let assignments = zip(stateColumns, placeholders(stateColumns, from: 2)).map { "\($0) = \($1)" }
        return PQStatement(
            """
            WITH moved AS (
                UPDATE \(schema.jobs) SET \(assignments.joined(separator: ", ")) WHERE id = $1 RETURNING id, node)
            \(schema.noting("moved"))
            """, [.text(id.text)] + values(of: state, outputBytes: 0))
    }

    private static func wantedNode(_ spec: JobSpec) -> String? {
        if case .node(let name) = spec.queueing.placement { name } else { nil }
    }

    private static func wantedLabel(_ spec: JobSpec) -> String? {
        if case .label(let label) = spec.queueing.placement { label } else { nil }
    }

    private static func placeholders(_ columns: [String], from first: Int) -> [String] {
        columns.enumerated().map { index, column in
            "$\(first + index)" + (narrow.contains(column) ? "::int8::int4" : "")
        }
    }

    private static func values(of state: JobState, outputBytes: Int64) -> [PQValue] {
        let outcome = state.end?.outcome
        return [
            .text(state.status.rawValue),
            .int(state.run?.processID.map(Int64.init)),
            .int(state.run?.startedAt.microseconds),
            .int(state.end?.endedAt.microseconds),
            .int(outcome?.exitCode.map(Int64.init)),
            .int(outcome?.signal.map(Int64.init)),
            .text(outcome?.reason),
            .int(state.end?.outputBytes ?? outputBytes),
            .double(outcome?.usage?.userSeconds),
            .double(outcome?.usage?.systemSeconds),
            .int(outcome?.usage?.maxResidentBytes),
            .text(outcome?.stoppedBy),
            .int(outcome?.usage?.readBytes),
            .int(outcome?.usage?.writtenBytes),
            .int(state.end?.retryAt?.microseconds),
            .int(state.end?.ranFor?.inMicroseconds),
        ]
    }

    static func job(from row: PQRow) throws(StoreError) -> Job {
        guard let id = row.text("id").flatMap({ JobID($0) }), let createdAt = time(row.int("created_at")),
            let command = row.text("command"), let spec = StoredJSON.value(row.text("spec"), as: StoredSpec.self)
        else { throw .damagedRow }
        var job = Job(
            id: id,
            spec: spec.spec(command: command, name: row.text("name"), tags: row.texts("tags") ?? []),
            createdAt: createdAt,
            node: row.text("node") ?? "",
            restartOf: row.text("restart_of").flatMap { JobID($0) },
            createdBy: row.text("created_by"),
            state: try state(from: row),
            outputBytes: row.int("output_bytes") ?? 0)
        job.isUnknown = row.bool("is_unknown") ?? false
        job.outputDropped = row.int("dropped_bytes") ?? 0
        return job
    }

    static func state(from row: PQRow) throws(StoreError) -> JobState {
        guard let status = row.text("status").flatMap({ JobStatus(rawValue: $0) }) else { throw .damagedRow }
        let number = { (name: String) in row.int(name).map { Int32(truncatingIfNeeded: $0) } }
        let run = time(row.int("started_at")).map { JobRun(startedAt: $0, processID: number("pid")) }
        var outcome = JobOutcome(
            status: status, exitCode: number("exit_code"), signal: number("signal"), reason: row.text("reason"),
            usage: usage(from: row))
        outcome?.stoppedBy = row.text("stopped_by")
        if let outcome {
            guard let endedAt = time(row.int("stopped_at")) else { throw .damagedRow }
            return .finished(
                JobEnd(
                    outcome: outcome, endedAt: endedAt, outputBytes: row.int("output_bytes") ?? 0,
                    ranFor: row.int("ran_for").map { .microseconds($0) }, retryAt: time(row.int("retry_at"))), run)
        }
        guard status == .running else { return .queued }
        guard let run else { throw .damagedRow }
        return .running(run)
    }

    private static func usage(from row: PQRow) -> ResourceUsage? {
        guard let user = row.double("user_seconds"), let system = row.double("system_seconds"),
            let resident = row.int("max_resident_bytes")
        else { return nil }
        return ResourceUsage(
            userSeconds: user, systemSeconds: system, maxResidentBytes: resident, readBytes: row.int("read_bytes"),
            writtenBytes: row.int("written_bytes"))
    }

    /// Nil for a number that is no time: one that arithmetic with times could not hold.
    static func time(_ column: Int64?) -> Date? {
        guard let column, column.magnitude < 1 << 62 else { return nil }
        return Date(microseconds: column)
    }
}

extension PostgresSchema {
    /// Notes that the jobs in a part of a statement, with their `id` and `node`, have changed.
    func noting(_ part: String) -> String {
        """
        INSERT INTO \(changes) (xact, job_id, node) SELECT pg_current_xact_id()::text::int8, id, node FROM \(part)
        """
    }
}
