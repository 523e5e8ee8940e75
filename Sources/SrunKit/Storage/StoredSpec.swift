import Foundation

/// The part of a job's spec that has no column of its own, as the SQL stores keep it in their column `spec`.
///
/// Apart from ``JobSpec``'s own coding on purpose: this is a format on other people's disks, and has to stay readable when that
/// type changes. A field that is added is optional, so that what an earlier version wrote can be read.
public struct StoredSpec: Codable, Sendable {
    struct Terminal: Codable {
        var cols: Int
        var rows: Int
    }

    struct TimeLimit: Codable {
        var seconds: Int64
        var attoseconds: Int64?
    }

    struct Queue: Codable {
        var node: String?
        var label: String?
        var priority: Int?
        var group: String?
        var limit: Int?
    }

    /// Nil when the column `command` is text for the shell.
    var argv: [String]?
    var cwd: String?
    var env: [String: String]?
    var secretEnv: [String: String]?
    /// Nil means pipes.
    var tty: Terminal?
    var timeout: TimeLimit?
    var queue: Queue?
    var limits: JobLimits?
    var nice: Int?
    var retries: RetryPolicy?
    var retry: RetryOrigin?

    public init(_ spec: JobSpec) {
        if case .arguments(let arguments) = spec.command { argv = arguments }
        cwd = spec.workingDirectory
        env = spec.environment.isEmpty ? nil : spec.environment
        secretEnv = spec.secretEnvironment.isEmpty ? nil : spec.secretEnvironment
        tty = spec.terminal.map { Terminal(cols: $0.columns, rows: $0.rows) }
        timeout = spec.timeLimit.map { limit in
            let (seconds, attoseconds) = limit.components
            return TimeLimit(seconds: seconds, attoseconds: attoseconds == 0 ? nil : attoseconds)
        }
        if spec.queueing != .standard { queue = Queue(spec.queueing) }
        limits = spec.limits == .none ? nil : spec.limits
        nice = spec.nice == 0 ? nil : spec.nice
        retries = spec.retries
        retry = spec.retry
    }

    /// Together with what stands in columns of its own.
    public func spec(command: String, name: String?, tags: [String]) -> JobSpec {
        var spec = JobSpec(
            stored: argv.map { .arguments($0) } ?? .shell(command),
            workingDirectory: cwd,
            environment: env ?? [:],
            terminal: tty.map { TerminalSize(columns: $0.cols, rows: $0.rows) },
            timeLimit: timeout.map { .init(secondsComponent: $0.seconds, attosecondsComponent: $0.attoseconds ?? 0) },
            name: name,
            tags: tags)
        if let queue { spec.queueing = queue.queueing }
        spec.limits = limits ?? .none
        spec.nice = nice ?? 0
        spec.retries = retries
        spec.retry = retry
        return spec.with(storedSecrets: secretEnv ?? [:])
    }
}

extension StoredSpec.Queue {
    init(_ queueing: Queueing) {
        switch queueing.placement {
        case .any: break
        case .node(let name): node = name
        case .label(let name): label = name
        }
        priority = queueing.priority
        group = queueing.group?.name
        limit = queueing.group?.limit
    }

    var queueing: Queueing {
        let placement: Queueing.Placement = node.map { .node($0) } ?? label.map { .label($0) } ?? .any
        let group = group.flatMap { name in limit.map { Queueing.Group(name: name, limit: $0) } }
        return Queueing(placement: placement, priority: priority ?? 0, group: group)
    }
}

/// JSON as it stands in a column: the same value is the same text.
public enum StoredJSON {
    public static func text(of value: some Encodable) throws(StoreError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw StoreError(.unavailable, "The job cannot be written as JSON.", underlying: error)
        }
    }

    /// Nil when there is no text, or it is not what was expected: a database comes from outside.
    public static func value<Value: Decodable>(_ text: String?, as type: Value.Type = Value.self) -> Value? {
        text.flatMap { try? JSONDecoder().decode(Value.self, from: Data($0.utf8)) }
    }
}
