import Foundation

/// The small files by which the kernel shows control groups and is told what to do with them.
enum CgroupFile {
    /// Nil when it is not there, or nobody lets us read it.
    static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count > 0 else { return count == 0 ? String(decoding: content, as: UTF8.self) : nil }
            content.append(contentsOf: piece.prefix(count))
        }
    }

    /// The words of a file that is a list of them; none when it is not there.
    static func words(_ path: String) -> [Substring] {
        (read(path) ?? "").split { $0.isWhitespace }
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
