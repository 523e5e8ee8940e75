import Foundation
import GRDB
import SrunKit

/// A job as a row of `jobs`.
enum JobRecord {
    /// What every statement here reads and writes, in this order: by its place a column is found without comparing names.
    private enum Column: String, CaseIterable {
        case id, command, node, name, tags, spec
        case createdAt = "created_at"
        case restartOf = "restart_of"
        case createdBy = "created_by"
        case droppedBytes = "dropped_bytes"
        // From here on, what changes with the state.
        case status, pid, signal, reason
        case startedAt = "started_at"
        case stoppedAt = "stopped_at"
        case exitCode = "exit_code"
        case stoppedBy = "stopped_by"
        case outputBytes = "output_bytes"
        case userSeconds = "user_seconds"
        case systemSeconds = "system_seconds"
        case maxResidentBytes = "max_resident_bytes"
        case readBytes = "read_bytes"
        case writtenBytes = "written_bytes"
        case retryAt = "retry_at"
        case ranFor = "ran_for"

        static let all = allCases
        static let ofState = Array(all.drop { $0 != .status })
    }

    /// For a SELECT whose rows ``job(from:)`` and ``state(from:)`` take.
    static let columns = Column.all.map { "jobs.\($0.rawValue)" }.joined(separator: ", ")

    static let insertion = """
        INSERT INTO jobs (\(Column.all.map(\.rawValue).joined(separator: ", ")))
        VALUES (\(Column.all.map { _ in "?" }.joined(separator: ", ")))
        ON CONFLICT (id) DO NOTHING
        """

    static let advancement = """
        UPDATE jobs SET \(Column.ofState.map { "\($0.rawValue) = ?" }.joined(separator: ", ")) WHERE id = ?
        """

    static func arguments(of job: Job) throws(StoreError) -> StatementArguments {
        let tags = job.spec.tags.isEmpty ? nil : try StoredJSON.text(of: job.spec.tags)
        let spec = try StoredJSON.text(of: StoredSpec(job.spec))
        return StatementArguments(
            Column.all.map { column -> (any DatabaseValueConvertible)? in
                switch column {
                case .id: job.id.text
                case .command: job.spec.commandText
                case .node: job.node
                case .name: job.spec.name
                case .tags: tags
                case .spec: spec
                case .createdAt: job.createdAt.column
                case .restartOf: job.restartOf?.text
                case .createdBy: job.createdBy
                case .droppedBytes: job.outputDropped
                default: value(of: column, in: job.state, outputBytes: job.outputBytes)
                }
            })
    }

    static func arguments(of state: JobState, id: JobID) -> StatementArguments {
        StatementArguments(Column.ofState.map { value(of: $0, in: state, outputBytes: 0) } + [id.text])
    }

    private static func value(
        of column: Column, in state: JobState, outputBytes: Int64
    ) -> (any DatabaseValueConvertible)? {
        let outcome = state.end?.outcome
        return switch column {
        case .status: state.status.rawValue
        case .pid: state.run?.processID
        case .signal: outcome?.signal
        case .reason: outcome?.reason
        case .startedAt: state.run?.startedAt.column
        case .stoppedAt: state.end?.endedAt.column
        case .exitCode: outcome?.exitCode
        case .stoppedBy: outcome?.stoppedBy
        case .outputBytes: state.end?.outputBytes ?? outputBytes
        case .userSeconds: outcome?.usage?.userSeconds
        case .systemSeconds: outcome?.usage?.systemSeconds
        case .maxResidentBytes: outcome?.usage?.maxResidentBytes
        case .readBytes: outcome?.usage?.readBytes
        case .writtenBytes: outcome?.usage?.writtenBytes
        case .retryAt: state.end?.retryAt?.column
        case .ranFor: state.end?.ranFor?.inMicroseconds
        case .id, .command, .node, .name, .tags, .spec, .createdAt, .restartOf, .createdBy, .droppedBytes: nil
        }
    }

    private static func value<Value: DatabaseValueConvertible>(
        _ column: Column, of row: Row, as type: Value.Type = Value.self
    ) -> Value? {
        Column.all.firstIndex(of: column).flatMap { row.value(at: $0) }
    }

    /// - Parameter row: Of a statement that selects ``columns``, in the beginning at least.
    static func job(from row: Row) throws(StoreError) -> Job {
        guard let id = value(.id, of: row, as: String.self).flatMap({ JobID($0) }),
            let createdAt = Date.stored(value(.createdAt, of: row))
        else { throw .damagedRow }
        var job = Job(
            id: id,
            spec: try spec(from: row),
            createdAt: createdAt,
            node: value(.node, of: row) ?? "",
            restartOf: value(.restartOf, of: row, as: String.self).flatMap { JobID($0) },
            createdBy: value(.createdBy, of: row),
            state: try state(from: row),
            outputBytes: value(.outputBytes, of: row) ?? 0)
        job.outputDropped = value(.droppedBytes, of: row) ?? 0
        return job
    }

    private static func spec(from row: Row) throws(StoreError) -> JobSpec {
        guard let command = value(.command, of: row, as: String.self),
            let stored = StoredJSON.value(value(.spec, of: row), as: StoredSpec.self)
        else { throw .damagedRow }
        return stored.spec(
            command: command, name: value(.name, of: row), tags: StoredJSON.value(value(.tags, of: row)) ?? [])
    }

    static func state(from row: Row) throws(StoreError) -> JobState {
        guard let status = value(.status, of: row, as: String.self).flatMap({ JobStatus(rawValue: $0) }) else {
            throw .damagedRow
        }
        let run = Date.stored(value(.startedAt, of: row)).map { JobRun(startedAt: $0, processID: value(.pid, of: row)) }
        var outcome = JobOutcome(
            status: status, exitCode: value(.exitCode, of: row), signal: value(.signal, of: row),
            reason: value(.reason, of: row),
            usage: usage(from: row))
        outcome?.stoppedBy = value(.stoppedBy, of: row)
        if let outcome {
            guard let endedAt = Date.stored(value(.stoppedAt, of: row)) else { throw .damagedRow }
            let end = JobEnd(
                outcome: outcome, endedAt: endedAt, outputBytes: value(.outputBytes, of: row) ?? 0,
                ranFor: value(.ranFor, of: row, as: Int64.self).map { .microseconds($0) },
                retryAt: Date.stored(value(.retryAt, of: row)))
            return .finished(end, run)
        }
        guard status == .running else { return .queued }
        guard let run else { throw .damagedRow }
        return .running(run)
    }

    private static func usage(from row: Row) -> ResourceUsage? {
        guard let user = value(.userSeconds, of: row, as: Double.self),
            let system = value(.systemSeconds, of: row, as: Double.self),
            let resident = value(.maxResidentBytes, of: row, as: Int64.self)
        else { return nil }
        return ResourceUsage(
            userSeconds: user, systemSeconds: system, maxResidentBytes: resident, readBytes: value(.readBytes, of: row),
            writtenBytes: value(.writtenBytes, of: row))
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
