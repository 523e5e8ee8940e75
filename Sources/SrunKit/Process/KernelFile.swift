import Foundation

/// The small files by which the kernel shows processes and control groups, and is told what to do with them.
enum KernelFile {
    /// Nil when it is not there, or nobody lets us read it.
    ///
    /// - Parameter limit: Reading ends when there are so many bytes or some more.
    static func bytes(_ path: String, limit: Int = .max) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while content.count < limit {
            let count = read(descriptor, &piece, piece.count)
            guard count > 0 else { return count == 0 ? content : nil }
            content.append(contentsOf: piece.prefix(count))
        }
        return content
    }

    static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

    /// The words of a file that is a list of them; none when it is not there.
    static func words(_ path: String) -> [Substring] {
        (text(path) ?? "").split { $0.isWhitespace }
    }

    /// - Returns: Whether the kernel has taken it.
    @discardableResult
    static func write(_ text: String, to path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return Glibc.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
