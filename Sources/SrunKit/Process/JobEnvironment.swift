import Foundation

/// The environment of a job: built, not inherited, so that the server's secrets and quirks stay with the server.
///
/// Let through from the server are only the variables that say who and where it is, and those an operator names. The job's own
/// variables are stronger. Two cannot be set: the marker by which the processes of a job are found, and the node's name.
struct JobEnvironment: Sendable {
    /// What every job gets: looked up once, for the server's own environment does not change.
    private let common: [String: String]
    /// What `--pass-env` lets through, by name and value.
    private let passed: [String: String]
    private let node: String

    private static let inherited = ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TMPDIR"]
    private static let defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

    init(passed: [String: String], node: String, server: [String: String] = ProcessInfo.processInfo.environment) {
        var common = server.filter { Self.inherited.contains($0.key) || $0.key.hasPrefix("LC_") }
        common.merge(Self.account()) { present, _ in present }
        if common["PATH", default: ""].isEmpty { common["PATH"] = Self.defaultPath }
        self.common = common
        self.passed = passed
        self.node = node
    }

    func variables(for job: Job) -> [String: String] {
        var variables = common
        if job.spec.terminal != nil { variables["TERM"] = "xterm-256color" }
        variables.merge(passed) { _, new in new }
        variables.merge(job.spec.environment) { _, new in new }
        variables.merge(job.spec.secretEnvironment) { _, new in new }
        variables[ProcessTree.marker] = job.id.text
        variables["SRUN_NODE"] = node
        return variables
    }

    /// What the password database says of the account, for servers started with an empty environment.
    private static func account() -> [String: String] {
        guard let entry = getpwuid(getuid()) else { return ["HOME": "/", "SHELL": "/bin/sh"] }
        let name = String(cString: entry.pointee.pw_name)
        let home = String(cString: entry.pointee.pw_dir)
        let shell = String(cString: entry.pointee.pw_shell)
        return ["USER": name, "LOGNAME": name, "HOME": home, "SHELL": shell.isEmpty ? "/bin/sh" : shell]
    }
}
