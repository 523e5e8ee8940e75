public import NIOCore
public import SrunKit
import Synchronization

/// A terminal whose program reads when a test says so.
public final class ScriptedTerminal: ProcessTerminal {
    /// Every write, in order, before anybody has read it.
    public let writes: AsyncStream<String>
    /// Every change of the size, in order.
    public let sizes: AsyncStream<TerminalSize>

    private let writeSink: AsyncStream<String>.Continuation
    private let sizeSink: AsyncStream<TerminalSize>.Continuation
    private let reading: Event<Void>

    /// - Parameter reads: Whether the program reads from the start; if not, a write waits for ``startReading()``.
    public init(reads: Bool = true) {
        (writes, writeSink) = AsyncStream.makeStream()
        (sizes, sizeSink) = AsyncStream.makeStream()
        reading = Event()
        if reads { reading.happen(()) }
    }

    public func startReading() { reading.happen(()) }

    public func write(_ bytes: ByteBuffer) async -> Bool {
        writeSink.yield(String(buffer: bytes))
        return await reading.wait() != nil
    }

    public func resize(to size: TerminalSize) -> Bool {
        sizeSink.yield(size)
        return true
    }
}
