import NIOCore
import Synchronization

/// How much output all followers were given together, for what gives way to them.
final class ServedOutput: Sendable {
    private let bytes = Atomic<Int64>(0)

    /// Since the beginning. Output that was dropped was not given to anybody, and does not count.
    var byteCount: Int64 { bytes.load(ordering: .relaxed) }

    func add(_ chunks: [LogChunk]) {
        let count = chunks.reduce(0) { $0 + Int64($1.bytes.readableBytes) }
        bytes.wrappingAdd(count, ordering: .relaxed)
    }
}
