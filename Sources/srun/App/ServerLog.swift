import CPTY
import Foundation
import Synchronization

/// The server's own log, on standard error: nothing that becomes of it there can hold the server up.
///
/// A line that cannot be written, because the disk is full, nobody reads any more or whoever reads has stopped, is dropped and
/// counted; the next one that can be written is preceded by how many.
struct ServerLog: TextOutputStream, Sendable {
    /// The kernel takes so much at once where it says that it takes anything (pipe(7), PIPE_BUF).
    static let longest = 4096
    /// How long a line waits for a reader that is only slow. The one after a dropped line does not wait.
    private static let patience: Int32 = 50

    private static let dropped = Mutex(0)
    private let descriptor: Int32

    init(descriptor: Int32 = STDERR_FILENO) {
        self.descriptor = descriptor
    }

    mutating func write(_ line: String) {
        let bytes = Self.cut(Array(line.utf8))
        let descriptor = descriptor
        Self.dropped.withLock { dropped in
            if dropped > 0 {
                let remark = Array("srun: \(dropped) lines of the log could not be written\n".utf8)
                guard Self.write(remark, to: descriptor, waiting: 0) else { return dropped += 1 }
                dropped = 0
            }
            if !Self.write(bytes, to: descriptor, waiting: Self.patience) { dropped += 1 }
        }
    }

    private static func cut(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > longest else { return bytes }
        return bytes.prefix(longest - 4) + Array("...\n".utf8)
    }

    /// - Returns: Whether all of it was taken.
    private static func write(_ bytes: [UInt8], to descriptor: Int32, waiting milliseconds: Int32) -> Bool {
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0 else { return false }
        return Foundation.write(descriptor, bytes, bytes.count) == bytes.count
    }
}
