import Foundation
import GRDB
import SrunKit

/// A job as a row of `jobs`.
enum JobRecord {
    static let insertion = """
        INSERT INTO jobs (
            id, command, pid, status, created_at, stopped_at, exit_code, started_at, signal, reason, node, restart_of, name,
            tags, spec, created_by, output_bytes, user_seconds, system_seconds, max_resident_bytes,
            stopped_by, read_bytes, written_bytes, retry_at, ran_for)
        VALUES (
            :id, :command, :pid, :status, :created_at, :stopped_at, :exit_code, :started_at, :signal, :reason, :node,
            :restart_of, :name, :tags, :spec, :created_by, :output_bytes, :user_seconds, :system_seconds, :max_resident_bytes,
            :stopped_by, :read_bytes, :written_bytes, :retry_at, :ran_for)
        ON CONFLICT (id) DO NOTHING
        """

    static let advancement = """
        UPDATE jobs SET
            pid = :pid, status = :status, stopped_at = :stopped_at, exit_code = :exit_code, started_at = :started_at,
            signal = :signal, reason = :reason, output_bytes = :output_bytes, user_seconds = :user_seconds,
            system_seconds = :system_seconds, max_resident_bytes = :max_resident_bytes,
            stopped_by = :stopped_by, read_bytes = :read_bytes, written_bytes = :written_bytes, retry_at = :retry_at,
            ran_for = :ran_for
        WHERE id = :id
        """

    private typealias Values = [String: (any DatabaseValueConvertible)?]

    static func arguments(of job: Job) throws(StoreError) -> StatementArguments {
        let spec: Values = [
            "id": job.id.text,
            "command": job.spec.commandText,
            "created_at": job.createdAt.column,
            "node": job.node,
            "restart_of": job.restartOf?.text,
            "created_by": job.createdBy,
            "name": job.spec.name,
            "tags": job.spec.tags.isEmpty ? nil : try StoredJSON.text(of: job.spec.tags),
            "spec": try StoredJSON.text(of: StoredSpec(job.spec)),
        ]
        return StatementArguments(spec.merging(values(of: job.state, outputBytes: job.outputBytes)) { $1 })
    }

    static func arguments(of state: JobState, id: JobID) -> StatementArguments {
        StatementArguments(values(of: state, outputBytes: 0).merging(["id": id.text]) { $1 })
    }

    private static func values(of state: JobState, outputBytes: Int64) -> Values {
        let outcome = state.end?.outcome
        return [
            "status": state.status.rawValue,
            "pid": state.run?.processID,
            "started_at": state.run?.startedAt.column,
            "stopped_at": state.end?.endedAt.column,
            "exit_code": outcome?.exitCode,
            "signal": outcome?.signal,
            "reason": outcome?.reason,
            "stopped_by": outcome?.stoppedBy,
            "output_bytes": state.end?.outputBytes ?? outputBytes,
            "user_seconds": outcome?.usage?.userSeconds,
            "system_seconds": outcome?.usage?.systemSeconds,
            "max_resident_bytes": outcome?.usage?.maxResidentBytes,
            "read_bytes": outcome?.usage?.readBytes,
            "written_bytes": outcome?.usage?.writtenBytes,
            "retry_at": state.end?.retryAt?.column,
            "ran_for": state.end?.ranFor?.inMicroseconds,
        ]
    }

    static func job(from row: Row) throws(StoreError) -> Job {
        guard let id = row.value("id", as: String.self).flatMap({ JobID($0) }),
            let createdAt = Date.stored(row.value("created_at"))
        else { throw .damagedRow }
        var job = Job(
            id: id,
            spec: try spec(from: row),
            createdAt: createdAt,
            node: row.value("node") ?? "",
            restartOf: row.value("restart_of", as: String.self).flatMap { JobID($0) },
            createdBy: row.value("created_by"),
            state: try state(from: row),
            outputBytes: row.value("output_bytes") ?? 0)
        job.outputDropped = row.value("dropped_bytes") ?? 0
        return job
    }

    private static func spec(from row: Row) throws(StoreError) -> JobSpec {
        guard let command = row.value("command", as: String.self),
            let stored = StoredJSON.value(row.value("spec"), as: StoredSpec.self)
        else { throw .damagedRow }
        return stored.spec(
            command: command, name: row.value("name"), tags: StoredJSON.value(row.value("tags")) ?? [])
    }

    static func state(from row: Row) throws(StoreError) -> JobState {
        guard let status = row.value("status", as: String.self).flatMap({ JobStatus(rawValue: $0) }) else {
            throw .damagedRow
        }
        let run = Date.stored(row.value("started_at")).map { JobRun(startedAt: $0, processID: row.value("pid")) }
        var outcome = JobOutcome(
            status: status, exitCode: row.value("exit_code"), signal: row.value("signal"), reason: row.value("reason"),
            usage: usage(from: row))
        outcome?.stoppedBy = row.value("stopped_by")
        if let outcome {
            guard let endedAt = Date.stored(row.value("stopped_at")) else { throw .damagedRow }
            let end = JobEnd(
                outcome: outcome, endedAt: endedAt, outputBytes: row.value("output_bytes") ?? 0,
                ranFor: row.value("ran_for", as: Int64.self).map { .microseconds($0) },
                retryAt: Date.stored(row.value("retry_at")))
            return .finished(end, run)
        }
        guard status == .running else { return .queued }
        guard let run else { throw .damagedRow }
        return .running(run)
    }

    private static func usage(from row: Row) -> ResourceUsage? {
        guard let user = row.value("user_seconds", as: Double.self),
            let system = row.value("system_seconds", as: Double.self),
            let resident = row.value("max_resident_bytes", as: Int64.self)
        else { return nil }
        return ResourceUsage(
            userSeconds: user, systemSeconds: system, maxResidentBytes: resident, readBytes: row.value("read_bytes"),
            writtenBytes: row.value("written_bytes"))
    }
}

extension Row {
    /// The value of a column, or nil when it is NULL or something else than expected. GRDB's own subscripts end the process in
    /// the latter case, and a database file comes from outside.
    func value<Value: DatabaseValueConvertible>(_ column: String, as type: Value.Type = Value.self) -> Value? {
        Value.fromDatabaseValue(self[column] as DatabaseValue)
    }

    func value<Value: DatabaseValueConvertible>(at index: Int, as type: Value.Type = Value.self) -> Value? {
        Value.fromDatabaseValue(self[index] as DatabaseValue)
    }
}

extension StoreError {
    static var damagedRow: StoreError {
        StoreError(.corrupt, "A job in the database cannot be read; restore the database from a backup.")
    }
}
