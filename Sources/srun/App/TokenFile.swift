import CPTY
import Foundation

/// The file with the administrator's token. Whoever can read it can do everything, so its mode is checked like a key's.
enum TokenFile {
    static let name = "token"

    /// Reads the token, if the file is there.
    ///
    /// - Returns: Nil when there is no such file.
    /// - Throws: ``Failure`` with ``ExitCodes/badData`` for an empty or malformed token, with ``ExitCodes/permission``
    ///   for a link, or a file that belongs to or is open to others.
    static func read(_ path: String) throws -> String? {
        let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: return nil
            case ELOOP:
                throw Failure(.permission, "the token file \(path) is a symbolic link; srun reads only a plain file")
            case EACCES: throw Failure(.permission, "the token file \(path) cannot be read: \(SystemError.last)")
            default: throw Failure(.inputOutput, "the token file \(path) cannot be read: \(SystemError.last)")
            }
        }
        defer { close(descriptor) }
        var info = cpty_file()
        guard cpty_file_of(descriptor, &info) == 0, info.is_plain else {
            throw Failure(.permission, "the token file \(path) is not a plain file")
        }
        guard info.owner == geteuid(), info.permissions & 0o077 == 0 else {
            throw Failure(
                .permission,
                "the token file \(path) must belong to you and have mode 0600; set it with: chmod 600 \(path)")
        }
        // One byte more than is allowed, to notice what is longer.
        var bytes = [UInt8](repeating: 0, count: maximumLength + 2)
        let count = Foundation.read(descriptor, &bytes, bytes.count)
        guard count >= 0 else {
            throw Failure(.inputOutput, "the token file \(path) cannot be read: \(SystemError.last)")
        }
        return try token(in: bytes.prefix(count), path: path)
    }

    /// Makes a token and the file for it. The file is there completely or not at all, and never readable by others.
    static func create(_ path: String) throws -> String {
        let token = make()
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(.cannotCreate, "the token file \(path) cannot be created: \(SystemError.last)")
        }
        defer { close(descriptor) }
        let line = Array("\(token)\n".utf8)
        guard write(descriptor, line, line.count) == line.count, fsync(descriptor) == 0 else {
            let reason = SystemError.last
            unlink(path)
            throw Failure(.inputOutput, "the token file \(path) cannot be written: \(reason)")
        }
        return token
    }

    /// 256 bits from the system's generator, in letters and digits.
    static func make() -> String { RandomSecret.makeToken() }

    private static let maximumLength = 256

    private static func token(in bytes: ArraySlice<UInt8>, path: String) throws -> String {
        var bytes = bytes
        if bytes.last == UInt8(ascii: "\n") { bytes = bytes.dropLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes = bytes.dropLast() }
        guard !bytes.isEmpty else {
            throw Failure(.badData, "the token file \(path) is empty; remove it, and srun makes a new one")
        }
        // What a header can carry as a bearer token (RFC 6750 §2.1), and long enough not to be guessed.
        let isFine = bytes.allSatisfy { (0x21...0x7e).contains($0) }
        guard isFine, (16...maximumLength).contains(bytes.count) else {
            throw Failure(.badData, "the token file \(path) must hold one line of 16 to 256 letters, digits and signs")
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
