import NIOCore
import Synchronization

/// What one follower has sent for a job's terminal, on its way there.
///
/// Bounded: a client keeps at most ``limit`` bytes that are not yet said to be taken, and what goes beyond is refused, so a
/// program that does not read holds 64 KiB of each client and stops nothing else on the connection.
final class InputLane: Sendable {
    static let limit = 64 * 1024

    /// What waits, in order; read by one task.
    let messages: AsyncStream<ByteBuffer>

    private let sink: AsyncStream<ByteBuffer>.Continuation
    private let waiting = Mutex(0)

    init() {
        (messages, sink) = AsyncStream.makeStream()
    }

    /// - Returns: False when there is no room for all of it; nothing of it is kept then.
    func offer(_ bytes: ByteBuffer) -> Bool {
        let size = bytes.readableBytes
        let fits = waiting.withLock { waiting in
            guard waiting + size <= Self.limit else { return false }
            waiting += size
            return true
        }
        if fits, size > 0 { sink.yield(bytes) }
        return fits
    }

    func didTake(_ bytes: ByteBuffer) {
        waiting.withLock { $0 -= bytes.readableBytes }
    }
}
