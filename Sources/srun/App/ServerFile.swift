import CPTY
import Foundation

/// The file by which the command line finds the server on its own machine.
///
/// The server holds a lock on it for as long as it lives. The kernel takes the lock back however the server ends, so a
/// file without a lock is known to be stale, even when its process number has been given to another program.
final class ServerFile: Sendable {
    struct Content: Codable, Sendable, Equatable {
        var url: String
        var pid: Int32
    }

    static let name = "server.json"

    private let path: String
    private let descriptor: Int32

    /// Writes the file.
    ///
    /// - Throws: ``Failure``; with ``ExitCodes/temporary`` when another server has written it and lives, and so stays
    ///   the one to be found.
    init(_ path: String, url: String, owner: Int32 = getpid()) throws {
        self.path = path
        descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Failure(.cannotCreate, "\(path) cannot be created: \(SystemError.last)") }
        // From here on deinit closes the descriptor, whatever is thrown.
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            throw Failure(.temporary, "\(path) belongs to another server that runs with this state folder")
        }
        let bytes = Array(try JSONEncoder().encode(Content(url: url, pid: owner)))
        guard ftruncate(descriptor, 0) == 0, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else {
            throw Failure(.inputOutput, "\(path) cannot be written: \(SystemError.last)")
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    func remove() { unlink(path) }

    /// What a living server has written; nil when there is none.
    static func read(_ path: String) -> Content? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var info = cpty_file()
        guard cpty_file_of(descriptor, &info) == 0, info.owner == geteuid(), info.is_plain else {
            return nil
        }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0, errno == EWOULDBLOCK else { return nil }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        guard count > 0, let content = try? JSONDecoder().decode(Content.self, from: Data(bytes.prefix(count))) else {
            return nil
        }
        // When its owner was killed, the rest of a server needs a moment to notice.
        return kill(content.pid, 0) == 0 || errno == EPERM ? content : nil
    }
}
