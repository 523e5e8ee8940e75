import CPTY
import Foundation

/// The servers that somebody has signed in to with `srun login`, each with a token of its own: a file that only its owner can
/// read.
struct Logins: Codable, Sendable {
    struct Login: Codable, Sendable {
        var user: String
        /// What the server calls the token, to take it back.
        var tokenID: String
        var token: String
    }

    private var servers: [String: Login] = [:]

    static func path(environment: [String: String]) -> String {
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()
        let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "\(home)/.config"
        return "\(folder)/srun/logins.json"
    }

    /// Empty when there is no such file.
    ///
    /// - Throws: ``Failure`` when others could have written or read it.
    init(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return }
            throw Failure(.permission, "\(path) cannot be read: \(SystemError.last)")
        }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        var info = cpty_file()
        guard cpty_file_of(descriptor, &info) == 0, info.owner == geteuid(), info.permissions & 0o077 == 0 else {
            throw Failure(.permission, "\(path) must belong to you and have mode 0600; set it with: chmod 600 \(path)")
        }
        guard let data = try? file.readToEnd(),
            let servers = try? JSONDecoder().decode([String: Login].self, from: data)
        else { throw Failure(.badData, "\(path) is damaged; remove it and sign in again") }
        self.servers = servers
    }

    subscript(url: String) -> Login? {
        get { servers[url] }
        set { servers[url] = newValue }
    }

    /// Writes the file anew beside the old one and puts it in its place.
    func write(_ path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        try? FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let bytes = Array(try encoder.encode(servers))
        let temporary = "\(path).\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(.cannotCreate, "\(path) cannot be written: \(SystemError.last)") }
        let isWritten = Foundation.write(descriptor, bytes, bytes.count) == bytes.count && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            let reason = SystemError.last
            unlink(temporary)
            throw Failure(.inputOutput, "\(path) cannot be written: \(reason)")
        }
    }
}
