import HTTPTypes
import SrunKit

/// Reads the body of `POST /api/jobs`.
enum JobBody {
    /// - Throws: ``RequestError`` for a body of the wrong form, ``JobSpecError`` for values that no job can have.
    static func spec(from json: JSONValue) throws -> JobSpec {
        guard case .object(let members) = json else {
            throw RequestError.invalidField("body", "the body must be an object")
        }
        try refuseUnknown(members, allowed: fields, within: "")
        // Null is what a job's own description says of fields it was not given, so it may be sent back.
        let value = { (name: String) in json[name].flatMap { $0 == .null ? nil : $0 } }
        var spec = try JobSpec(
            command: command(value("command"), value("argv")),
            workingDirectory: text(value("cwd"), field: "cwd"),
            environment: environment(value("env")),
            terminal: terminal(value("tty")),
            timeLimit: timeLimit(value("timeout")),
            name: text(value("name"), field: "name"),
            tags: tags(value("tags")))
        spec.queueing = try QueueingBody.queueing(value)
        try spec.validate()
        let secrets = try environment(value("secretEnv"), field: "secretEnv")
        if !secrets.isEmpty { spec = try spec.withSecrets(secrets) }
        return try spec.with(
            limits: limits(value("limits")), nice: Int(whole(value("nice"), field: "nice") ?? 0),
            retries: retries(value("retries")))
    }

    private static let fields: Set<String> = [
        "command", "argv", "cwd", "env", "secretEnv", "tty", "timeout", "name", "tags", "node", "label", "priority",
        "group", "limits", "nice", "retries",
    ]

    private static func limits(_ value: JSONValue?) throws(RequestError) -> JobLimits {
        guard let value else { return .none }
        guard case .object(let members) = value else { throw .invalidField("limits", "limits must be an object") }
        let names: Set<String> = ["memoryBytes", "processes", "cpuCores", "openFiles", "fileBytes", "cpuSeconds"]
        try refuseUnknown(members, allowed: names, within: "limits.")
        return JobLimits(
            memoryBytes: try whole(value["memoryBytes"], field: "limits"),
            processes: try whole(value["processes"], field: "limits"),
            cpuCores: try number(value["cpuCores"], field: "limits"),
            openFiles: try whole(value["openFiles"], field: "limits"),
            fileBytes: try whole(value["fileBytes"], field: "limits"),
            cpuSeconds: try whole(value["cpuSeconds"], field: "limits"))
    }

    private static func retries(_ value: JSONValue?) throws(RequestError) -> RetryPolicy? {
        guard let value else { return nil }
        guard case .object(let members) = value else { throw .invalidField("retries", "retries must be an object") }
        try refuseUnknown(members, allowed: ["count", "delaySeconds", "maxDelaySeconds"], within: "retries.")
        guard let count = try whole(value["count"], field: "retries"), let count = Int(exactly: count) else {
            throw .invalidField("retries", "retries needs a count")
        }
        return RetryPolicy(
            count: count, delaySeconds: try number(value["delaySeconds"], field: "retries") ?? 1,
            maxDelaySeconds: try number(value["maxDelaySeconds"], field: "retries") ?? 60)
    }

    private static func whole(_ value: JSONValue?, field: String) throws(RequestError) -> Int64? {
        switch value {
        case nil, .null: return nil
        case .number(.integer(let number)): return number
        default: throw .invalidField(field, "\(field) must have whole numbers")
        }
    }

    private static func number(_ value: JSONValue?, field: String) throws(RequestError) -> Double? {
        switch value {
        case nil, .null: return nil
        case .number(.integer(let number)): return Double(number)
        case .number(.double(let number)): return number
        default: throw .invalidField(field, "\(field) must have numbers")
        }
    }

    /// A field that is not known is refused rather than ignored: it is a misspelt one, and the job would not be what
    /// was meant.
    static func refuseUnknown(_ members: [JSONValue.Member], allowed: Set<String>, within: String)
        throws(RequestError)
    {
        guard let unknown = members.first(where: { !allowed.contains($0.key) }) else { return }
        let name = (within + unknown.key).cut(toBytes: RequestError.maximumEcho)
        var error = RequestError(.badRequest, "unknown_field", "there is no field \(name)")
        error.field = name
        throw error
    }

    private static func command(_ command: JSONValue?, _ arguments: JSONValue?) throws(RequestError) -> JobSpec.Command
    {
        switch (command, arguments) {
        case (.string(let text), nil): return .shell(text)
        case (nil, .array(let values)):
            let texts = values.compactMap(\.text)
            guard texts.count == values.count, !texts.isEmpty else {
                throw .invalidCommand("argv must be an array of strings")
            }
            return .arguments(texts)
        case (nil, nil): throw .invalidCommand("command or argv is missing")
        case (_?, _?): throw .invalidCommand("there must be only one of command and argv")
        case (_?, nil): throw .invalidCommand("command must be a string")
        case (nil, _?): throw .invalidCommand("argv must be an array of strings")
        }
    }

    private static func text(_ value: JSONValue?, field: String) throws(RequestError) -> String? {
        guard let value else { return nil }
        guard let text = value.text else { throw .invalidField(field, "\(field) must be a string") }
        return text
    }

    private static func environment(
        _ value: JSONValue?, field: String = "env"
    ) throws(RequestError) -> [String: String] {
        guard let value else { return [:] }
        guard case .object(let members) = value else {
            throw .invalidField(field, "\(field) must be an object of strings")
        }
        var environment: [String: String] = [:]
        for member in members {
            guard let text = member.value.text else {
                throw .invalidField(field, "\(field) must be an object of strings")
            }
            environment[member.key] = text
        }
        return environment
    }

    private static func terminal(_ value: JSONValue?) throws(RequestError) -> TerminalSize? {
        switch value {
        case nil, .bool(true): return .standard
        case .bool(false): return nil
        case .object(let members):
            try refuseUnknown(members, allowed: ["cols", "rows"], within: "tty.")
            return TerminalSize(
                columns: try cells(value?["cols"], standard: TerminalSize.standard.columns),
                rows: try cells(value?["rows"], standard: TerminalSize.standard.rows))
        default: throw .invalidField("tty", "tty must be true, false, or an object with cols and rows")
        }
    }

    private static func cells(_ value: JSONValue?, standard: Int) throws(RequestError) -> Int {
        guard let value else { return standard }
        guard case .number(.integer(let number)) = value else {
            throw .invalidField("tty", "cols and rows of tty must be from 1 to 1000")
        }
        return Int(number)
    }

    private static func timeLimit(_ value: JSONValue?) throws(RequestError) -> Duration? {
        guard let value else { return nil }
        let seconds: Double
        switch value {
        case .number(.integer(let number)): seconds = Double(number)
        case .number(.double(let number)): seconds = number
        default: throw .invalidField("timeout", "timeout must be a number of seconds")
        }
        // Checked here as well as in the spec, because what lies far outside cannot even be written as a duration.
        guard seconds > 0, seconds <= 100_000_000 else {
            throw .invalidField("timeout", "timeout must be more than 0 and at most 100000000 seconds")
        }
        return .seconds(seconds)
    }

    private static func tags(_ value: JSONValue?) throws(RequestError) -> [String] {
        guard let value else { return [] }
        guard case .array(let values) = value else { throw .invalidField("tags", "tags must be an array of strings") }
        let texts = values.compactMap(\.text)
        guard texts.count == values.count else { throw .invalidField("tags", "tags must be an array of strings") }
        return texts
    }
}

extension RequestError {
    fileprivate static func invalidCommand(_ sentence: String) -> RequestError {
        RequestError(.badRequest, "invalid_command", sentence)
    }
}
