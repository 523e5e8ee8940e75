import Foundation
import GRDB
import SrunKit

/// The part of a job's spec that has no column of its own, as it stands in the column `spec`.
///
/// Apart from ``JobSpec``'s own coding on purpose: this is a format on disk, and has to stay readable when that type changes.
struct StoredSpec: Codable {
    struct Terminal: Codable {
        var cols: Int
        var rows: Int
    }

    struct TimeLimit: Codable {
        var seconds: Int64
        var attoseconds: Int64?
    }

    /// Nil when the column `command` is text for the shell.
    var argv: [String]?
    var cwd: String?
    var env: [String: String]?
    /// Nil means pipes.
    var tty: Terminal?
    var timeout: TimeLimit?

    init(_ spec: JobSpec) {
        if case .arguments(let arguments) = spec.command { argv = arguments }
        cwd = spec.workingDirectory
        env = spec.environment.isEmpty ? nil : spec.environment
        tty = spec.terminal.map { Terminal(cols: $0.columns, rows: $0.rows) }
        timeout = spec.timeLimit.map { limit in
            let (seconds, attoseconds) = limit.components
            return TimeLimit(seconds: seconds, attoseconds: attoseconds == 0 ? nil : attoseconds)
        }
    }

    static func json(of value: some Encodable) throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw StoreError(.unavailable, "The job cannot be written as JSON.", underlying: error)
        }
    }

    static func spec(from row: Row) throws(StoreError) -> JobSpec {
        guard let command = row.value("command", as: String.self),
            let stored: StoredSpec = decoded(row.value("spec"))
        else { throw .damagedRow }
        return JobSpec(
            stored: stored.argv.map { .arguments($0) } ?? .shell(command),
            workingDirectory: stored.cwd,
            environment: stored.env ?? [:],
            terminal: stored.tty.map { TerminalSize(columns: $0.cols, rows: $0.rows) },
            timeLimit: stored.timeout.map {
                .init(secondsComponent: $0.seconds, attosecondsComponent: $0.attoseconds ?? 0)
            },
            name: row.value("name"),
            tags: decoded(row.value("tags")) ?? [])
    }

    private static func decoded<Value: Decodable>(_ json: String?) -> Value? {
        json.flatMap { try? JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }
}
