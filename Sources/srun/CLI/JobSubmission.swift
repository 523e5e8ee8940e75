import ArgumentParser
import Foundation

/// The body of `POST /api/jobs`.
struct JobSubmission: Encodable {
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
    var limits: RequestedLimits?
    var retries: RequestedRetries?
    var nice: Int?

    struct Group: Encodable {
        let name: String
        let limit: Int
    }

    enum CodingKeys: CodingKey {
        case command, argv, cwd, env, secretEnv, tty, timeout, name, tags, node, label, priority, group, limits
        case retries, nice
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
        limits = try RequestedLimits(options.limits)
        retries = try RequestedRetries(options.limits)
        nice = options.limits.nice
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
        try fields.encodeIfPresent(limits, forKey: .limits)
        try fields.encodeIfPresent(retries, forKey: .retries)
        try fields.encodeIfPresent(nice, forKey: .nice)
    }
}
