/// What to run, and how. A value made by the validating initializer can be handed to the kernel as it is.
public struct JobSpec: Hashable, Sendable, Codable {
    public enum Command: Hashable, Sendable, Codable {
        /// Text for `/bin/sh -c`.
        case shell(String)
        /// A program and its arguments, run without a shell.
        case arguments([String])
    }

    public let command: Command
    /// An absolute path; nil means the home folder of the account that runs the job.
    public let workingDirectory: String?
    /// Added to the environment that srun builds, and stronger than it.
    public let environment: [String: String]
    /// As ``environment``, with values that are shown to nobody and masked in the output.
    public private(set) var secretEnvironment: [String: String] = [:]
    /// Nil means pipes: standard output and standard error apart, and no terminal.
    public let terminal: TerminalSize?
    /// More than zero. When it has passed since the start, the job is stopped with status `timeout`.
    public let timeLimit: Duration?
    public let name: String?
    public let tags: [String]
    /// Where it may run, and when its turn comes.
    public var queueing = Queueing.standard
    public internal(set) var limits = JobLimits.none
    /// Added to the server's own niceness: 0...19.
    public internal(set) var nice = 0
    public internal(set) var retries: RetryPolicy?
    /// Set for a further try.
    public internal(set) var retry: RetryOrigin?

    /// Checks everything that can be checked without looking at the machine.
    ///
    /// - Throws: ``JobSpecError`` for the first rule that is broken; see ``JobSpec/Limits`` for the sizes.
    public init(
        command: Command, workingDirectory: String? = nil, environment: [String: String] = [:],
        terminal: TerminalSize? = .standard, timeLimit: Duration? = nil, name: String? = nil, tags: [String] = []
    ) throws(JobSpecError) {
        self.init(
            stored: command, workingDirectory: workingDirectory, environment: environment, terminal: terminal,
            timeLimit: timeLimit, name: name, tags: tags)
        try validate()
    }

    /// A spec as a store has it: valid when it was written, perhaps by a version with other limits. Not checked again, because a
    /// job that was once accepted must stay readable.
    public init(
        stored command: Command, workingDirectory: String? = nil, environment: [String: String] = [:],
        terminal: TerminalSize? = .standard, timeLimit: Duration? = nil, name: String? = nil, tags: [String] = []
    ) {
        self.command = command
        self.workingDirectory = workingDirectory
        self.environment = environment
        self.terminal = terminal
        self.timeLimit = timeLimit
        self.name = name
        self.tags = tags
    }

    /// The same with secrets in its environment.
    ///
    /// - Throws: ``JobSpecError`` for the first rule that is broken.
    public func withSecrets(_ secrets: [String: String]) throws(JobSpecError) -> JobSpec {
        let spec = with(storedSecrets: secrets)
        try spec.validate()
        return spec
    }

    /// The same, as a store has it: not checked again.
    public func with(storedSecrets secrets: [String: String]) -> JobSpec {
        var spec = self
        spec.secretEnvironment = secrets
        return spec
    }

    /// The command as one line of text, for people and for search: an argument list is quoted as a shell would need it.
    public var commandText: String {
        switch command {
        case .shell(let text): text
        case .arguments(let arguments): arguments.map(Self.quoted).joined(separator: " ")
        }
    }

    private static func quoted(_ argument: String) -> String {
        let plain = argument.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "-_./:=,@%+".utf8.contains(byte)
            }
        }
        if plain, !argument.isEmpty { return argument }
        return "'" + argument.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}

/// The size of a terminal in character cells.
public struct TerminalSize: Hashable, Sendable, Codable {
    public let columns: Int
    public let rows: Int

    /// What a job gets when nothing else is asked for.
    public static let standard = TerminalSize(columns: 120, rows: 40)

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }
}
