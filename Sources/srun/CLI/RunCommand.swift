import ArgumentParser
import Foundation
import NIOHTTP1

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command, show its output, and end with its exit code.",
        usage: "srun run [OPTIONS] -- PROGRAM [ARGUMENT...]\n       srun run [OPTIONS] 'TEXT FOR THE SHELL'",
        discussion: """
            One argument is text for /bin/sh:   srun run 'make 2>&1 | tail -5'
            Several are a program and its arguments, run without a shell:   srun run -- sh -c 'exit 7'

            The exit code is the job's; 128 + n when signal n ended it, 124 at its time limit, 127 or 126 when it could not be \
            started. Ctrl-C stops the job and waits for it; a second Ctrl-C leaves it alone.
            """
    )

    @OptionGroup var client: ClientOptions

    @Option(help: "A name for people.")
    var name: String?

    @Option(help: ArgumentHelp("A tag to find the job by. May be repeated.", valueName: "tag"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "Folder to run in. Default: this one, when the server is on this machine.", valueName: "folder"))
    var cwd: String?

    @Option(
        help: ArgumentHelp(
            "A variable for the job; without a value, the one it has here. May be repeated.", valueName: "name=value"))
    var env: [String] = []

    @Option(help: ArgumentHelp("The node of the team to run on. Default: whichever is free.", valueName: "node"))
    var on: String?

    @Option(help: ArgumentHelp("Run on a node of the team that carries this label.", valueName: "label"))
    var label: String?

    @Option(help: ArgumentHelp("-100 to 100: who waits in the team is taken in this order.", valueName: "n"))
    var priority: Int?

    @Option(
        help: ArgumentHelp("Of the jobs of this group at most so many run at once in the team.", valueName: "name=n"))
    var group: String?

    @Option(
        help: ArgumentHelp(
            "A variable of this environment that the job gets, shown to nobody and masked in the output. May be repeated.",
            valueName: "name"))
    var secretEnv: [String] = []

    @Option(help: ArgumentHelp("Stop the job after so many seconds.", valueName: "seconds"))
    var timeout: Double?

    @Flag(inversion: .prefixedNo, help: "Run on a terminal. Default: when standard output is one.")
    var tty: Bool?

    @Flag(
        name: .shortAndLong, help: "Run on a terminal and sit at it, as with srun attach: keys go to the job.")
    var interactive = false

    @Flag(help: "Do not wait: print the job's id and end.")
    var detach = false

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("What to run.", valueName: "command"))
    var words: [String] = []

    func validate() throws { _ = try Submission(self, isLocal: false) }

    func run() async throws {
        // Before the job is started, or it would run for nobody.
        if interactive { _ = try RawMode() }
        let exitCode = try await client.withClient { client in
            let request = try Submission(self, isLocal: client.connection.isLocal)
            let job = try await client.value(
                JobSummary.self, .POST, "/api/jobs", body: try JSONEncoder().encode(request))
            if interactive {
                let attachment = Attachment(client: client, keys: .standard)
                return try await attachment.run(job, fromStart: true, onlyWatches: false)
            }
            if detach {
                try StandardOutput.write("\(job.id)\n")
                return Int32(0)
            }
            return try await JobWatch(client: client, job: job.id).run()
        }
        throw ExitCode(exitCode)
    }
}

/// The body of `POST /api/jobs`.
private struct Submission: Encodable {
    struct Terminal: Encodable {
        let cols: Int
        let rows: Int
    }

    var command: String?
    var argv: [String]?
    var cwd: String?
    var env: [String: String]?
    var secretEnv: [String: String]?
    var tty: Terminal?
    var timeout: Double?
    var name: String?
    var tags: [String]?
    var node: String?
    var label: String?
    var priority: Int?
    var group: Group?

    struct Group: Encodable {
        let name: String
        let limit: Int
    }

    enum CodingKeys: CodingKey {
        case command, argv, cwd, env, secretEnv, tty, timeout, name, tags, node, label, priority, group
    }

    init(_ options: RunCommand, isLocal: Bool) throws {
        let words = options.words.first == "--" ? Array(options.words.dropFirst()) : options.words
        guard let first = words.first else {
            throw ValidationError("What is to be run? For example: srun run -- make test")
        }
        if words.count == 1 { command = first } else { argv = words }
        let folder = FileManager.default.currentDirectoryPath
        cwd = options.cwd.map { Configuration.absolute($0, in: folder) } ?? (isLocal ? folder : nil)
        env = options.env.isEmpty ? nil : try Self.environment(options.env)
        if let pair = options.secretEnv.first(where: { $0.contains("=") }) {
            throw ValidationError(
                "--secret-env \(pair.prefix { $0 != "=" }): only the name, because every user of this machine can read flags"
            )
        }
        secretEnv = options.secretEnv.isEmpty ? nil : try Self.environment(options.secretEnv)
        if options.interactive, options.detach || options.tty == false {
            throw ValidationError("--interactive needs a terminal to sit at: not with --detach or --no-tty")
        }
        if options.tty ?? (options.interactive || StandardOutput.isTerminal) {
            let size = StandardOutput.terminalSize ?? (120, 40)
            tty = Terminal(cols: min(size.columns, 1000), rows: min(size.rows, 1000))
        }
        timeout = options.timeout
        name = options.name
        tags = options.tag.isEmpty ? nil : options.tag
        (node, label, priority) = (options.on, options.label, options.priority)
        group = try options.group.map(Self.group)
    }

    private static func group(_ text: String) throws -> Group {
        let parts = text.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let limit = Int(parts[1]) else {
            throw ValidationError("--group must be a name and a limit, for example deploy=1")
        }
        return Group(name: String(parts[0]), limit: limit)
    }

    private static func environment(_ pairs: [String]) throws -> [String: String] {
        var environment: [String: String] = [:]
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = parts.first, !name.isEmpty else {
                throw ValidationError("--env must be NAME=VALUE or NAME")
            }
            guard let value = parts.count > 1 ? parts[1] : ProcessInfo.processInfo.environment[name] else {
                throw ValidationError("--env \(name): there is no such variable here")
            }
            environment[name] = value
        }
        return environment
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encodeIfPresent(command, forKey: .command)
        try fields.encodeIfPresent(argv, forKey: .argv)
        try fields.encodeIfPresent(cwd, forKey: .cwd)
        try fields.encodeIfPresent(secretEnv, forKey: .secretEnv)
        try fields.encodeIfPresent(env, forKey: .env)
        // No terminal is said with `false`: leaving it out would mean the default one.
        if let tty { try fields.encode(tty, forKey: .tty) } else { try fields.encode(false, forKey: .tty) }
        try fields.encodeIfPresent(timeout, forKey: .timeout)
        try fields.encodeIfPresent(name, forKey: .name)
        try fields.encodeIfPresent(tags, forKey: .tags)
        try fields.encodeIfPresent(node, forKey: .node)
        try fields.encodeIfPresent(label, forKey: .label)
        try fields.encodeIfPresent(priority, forKey: .priority)
        try fields.encodeIfPresent(group, forKey: .group)
    }
}
