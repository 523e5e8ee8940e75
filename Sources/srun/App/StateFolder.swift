import CPTY
import Foundation

/// The folder where srun keeps its database, its token and what the command line needs to find it. Nobody else may
/// write there.
struct StateFolder: Sendable {
    let path: String
    /// The folders this start has made, innermost first.
    private let created: [String]

    /// `$XDG_STATE_HOME/srun`, or `~/.local/state/srun`.
    static func defaultPath(environment: [String: String]) -> String {
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/srun" }
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()
        return "\(home)/.local/state/srun"
    }

    /// Checks the folder, and makes it (0700) with the folders above it where they are missing.
    ///
    /// - Throws: ``Failure`` with ``ExitCodes/cannotCreate`` when it cannot be made or written to,
    ///   ``ExitCodes/permission`` when it belongs to somebody else or others may write to it.
    init(preparing path: String) throws {
        self.path = path
        var missing: [String] = []
        var folder = path
        var info = cpty_file()
        while cpty_file_at(folder, &info) != 0 {
            guard errno == ENOENT, folder != "/" else {
                throw Failure(.cannotCreate, "cannot use the state folder \(path): \(SystemError.last)")
            }
            missing.append(folder)
            folder = (folder as NSString).deletingLastPathComponent
        }
        if missing.isEmpty { try Self.check(info, of: path) }
        var made: [String] = []
        for folder in missing.reversed() {
            guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
                let reason = SystemError.last
                made.reversed().forEach { rmdir($0) }
                throw Failure(.cannotCreate, "cannot create the state folder \(path): \(reason)")
            }
            made.append(folder)
        }
        created = made.reversed()
    }

    private static func check(_ info: cpty_file, of path: String) throws {
        guard info.is_folder else {
            throw Failure(.cannotCreate, "the state folder \(path) is not a folder")
        }
        guard info.owner == geteuid() else {
            throw Failure(.permission, "the state folder \(path) belongs to another user")
        }
        guard info.permissions & 0o022 == 0 else {
            throw Failure(
                .permission, "other users may write to the state folder \(path); make it yours with: chmod 700 \(path)")
        }
        // access(2) also sees a file system that is mounted read-only, which the mode does not show; root passes the
        // mode check.
        guard access(path, W_OK | X_OK) == 0 else {
            throw Failure(.cannotCreate, "the state folder \(path) cannot be written to: \(SystemError.last)")
        }
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Takes back what this start has made, where nothing was put into it: a start that fails leaves nothing behind.
    func removeIfUnused() {
        created.forEach { rmdir($0) }
    }
}
