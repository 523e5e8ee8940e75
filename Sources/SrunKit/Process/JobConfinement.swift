import Foundation

/// What the operator lets no job do, whoever asks for it.
public struct JobConfinement: Hashable, Sendable {
    public enum Sandbox: String, Sendable, CaseIterable {
        case none
        /// The home folder can only be read, except the working directory.
        case readOnlyHome = "read-only-home"
        /// Nothing but the working directory and a /tmp of its own can be written, and only the job's own processes are seen.
        case bwrap
    }

    /// Programs with the set-user-ID bit (sudo) work only with this (prctl(2), PR_SET_NO_NEW_PRIVS).
    public var allowsSetuid = false
    public var sandbox = Sandbox.none
    /// Whose rights the jobs have; nil for the server's own.
    public var account: Account?

    public init() {}

    /// A user of this machine, looked up once at the start.
    public struct Account: Hashable, Sendable {
        public let name: String
        public let home: String
        public let shell: String
        let identity: SpawnOrder.Identity

        /// Nil when there is no such user.
        public init?(_ name: String) {
            guard let entry = getpwnam(name) else { return nil }
            self.name = name
            home = String(cString: entry.pointee.pw_dir)
            shell = String(cString: entry.pointee.pw_shell)
            let group = entry.pointee.pw_gid
            var count: Int32 = 64
            var groups = [gid_t](repeating: 0, count: Int(count))
            let found = getgrouplist(name, group, &groups, &count)
            identity = SpawnOrder.Identity(
                user: entry.pointee.pw_uid, group: group,
                supplementaryGroups: found >= 0 ? Array(groups.prefix(Int(count))) : [group])
        }
    }

    /// The command inside of the sandbox.
    ///
    /// The new PID namespace ends with the first process in it, and bubblewrap ends with its parent: stopping works as without.
    func wrapped(_ arguments: [String], directory: String, home: String) -> [String] {
        switch sandbox {
        case .none: arguments
        case .readOnlyHome:
            ["bwrap", "--dev-bind", "/", "/", "--ro-bind", home, home, "--bind", directory, directory]
                + ["--chdir", directory, "--die-with-parent", "--"] + arguments
        case .bwrap:
            ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--unshare-pid", "--proc", "/proc", "--tmpfs", "/tmp"]
                + ["--bind", directory, directory, "--chdir", directory, "--die-with-parent", "--"] + arguments
        }
    }
}
