/// Why a ``JobSpec`` was refused. The code is stable; the sentence says what to change and holds nothing of the input
/// but the name of a field.
public struct JobSpecError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Sendable {
        case invalidCommand = "invalid_command"
        case commandTooLong = "command_too_long"
        case invalidField = "invalid_field"
        case environmentTooLarge = "env_too_large"
        case workingDirectoryNotFound = "cwd_not_found"
    }

    public let code: Code
    /// The field as the API names it.
    public let field: String
    public let description: String

    public init(_ code: Code, field: String, _ description: String) {
        self.code = code
        self.field = field
        self.description = description
    }
}

extension JobSpec {
    /// The sizes a new job may have.
    public enum Limits {
        /// The kernel takes 131,071 bytes in one argument (execve(2)); half of that leaves room for what wraps a
        /// command.
        public static let commandBytes = 65_536
        public static let environmentEntries = 256
        public static let environmentBytes = 128 * 1024
        /// Each byte of a secret is looked for in several forms.
        public static let secretBytes = 16 * 1024
        public static let nameBytes = 200
        public static let tags = 32
        public static let tagBytes = 64
        public static let terminalCells = 1...1000
        /// About 3 years: longer than any job, short enough for every clock.
        public static let timeLimit = Duration.seconds(100_000_000)
    }

    /// Also what was set after the spec was made.
    public func validate() throws(JobSpecError) {
        try queueing.validate()
        try validateCommand()
        try validateEnvironment()
        if let path = workingDirectory {
            guard path.hasPrefix("/"), !path.utf8.contains(0), path.utf8.count < 4096 else {
                throw JobSpecError(.invalidField, field: "cwd", "cwd must be an absolute path")
            }
        }
        if let size = terminal {
            guard Limits.terminalCells.contains(size.columns), Limits.terminalCells.contains(size.rows) else {
                throw JobSpecError(.invalidField, field: "tty", "cols and rows of tty must be from 1 to 1000")
            }
        }
        if let limit = timeLimit {
            guard limit > .zero, limit <= Limits.timeLimit else {
                throw JobSpecError(
                    .invalidField, field: "timeout", "timeout must be more than 0 and at most 100000000 seconds")
            }
        }
        if let name {
            guard !name.isEmpty, name.utf8.count <= Limits.nameBytes, !name.utf8.contains(where: \.isControl) else {
                throw JobSpecError(
                    .invalidField, field: "name", "name must be 1 to 200 bytes without control characters")
            }
        }
        let tagsFit = tags.allSatisfy { tag in
            (1...Limits.tagBytes).contains(tag.utf8.count) && !tag.utf8.contains(where: \.isControl)
        }
        guard tags.count <= Limits.tags, tagsFit else {
            throw JobSpecError(
                .invalidField, field: "tags", "at most 32 tags of 1 to 64 bytes without control characters are allowed")
        }
    }

    private func validateCommand() throws(JobSpecError) {
        let (parts, field): ([String], String) =
            switch command {
            case .shell(let text): ([text], "command")
            case .arguments(let arguments): (arguments, "argv")
            }
        // A NUL would end the argument inside execve(2), and something else than what was asked for would run.
        guard !parts.contains(where: { $0.utf8.contains(0) }) else {
            throw JobSpecError(.invalidCommand, field: field, "\(field) must not contain a NUL character")
        }
        guard let first = parts.first, first.contains(where: { !$0.isWhitespace }) else {
            throw JobSpecError(.invalidCommand, field: field, "\(field) must not be empty")
        }
        guard parts.reduce(0, { $0 + $1.utf8.count }) <= Limits.commandBytes else {
            throw JobSpecError(.commandTooLong, field: field, "\(field) must be at most 65536 bytes")
        }
    }

    private func validateEnvironment() throws(JobSpecError) {
        if let name = secretEnvironment.keys.first(where: { self.environment[$0] != nil }) {
            throw JobSpecError(
                .invalidField, field: "secretEnv", "\(name.utf8.count <= 64 ? name : "a name") stands in env too")
        }
        guard secretEnvironment.values.reduce(0, { $0 + $1.utf8.count }) <= Limits.secretBytes else {
            throw JobSpecError(
                .environmentTooLarge, field: "secretEnv", "the values in secretEnv must have at most 16384 bytes in all"
            )
        }
        let environment = environment.merging(secretEnvironment) { _, secret in secret }
        for (key, value) in environment {
            guard !key.isEmpty, !key.utf8.contains(UInt8(ascii: "=")), !key.utf8.contains(0), !value.utf8.contains(0)
            else {
                throw JobSpecError(
                    .invalidField, field: "env",
                    "a name in env must not be empty nor contain '=', and nothing there a NUL")
            }
        }
        let bytes = environment.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count + 2 }
        guard environment.count <= Limits.environmentEntries, bytes <= Limits.environmentBytes else {
            throw JobSpecError(
                .environmentTooLarge, field: "env", "env must have at most 256 entries and 131072 bytes in all")
        }
    }
}

extension UInt8 {
    fileprivate var isControl: Bool { self < 0x20 || self == 0x7f }
}
