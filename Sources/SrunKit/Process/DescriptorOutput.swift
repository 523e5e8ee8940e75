import Foundation
import NIOCore
import Synchronization

/// The output of a process, read from the master of its terminal or from a pipe.
///
/// On a terminal EIO is the end, not an error: Linux says so once every program has closed the slave or was hung up,
/// after the last byte has been read.
final class DescriptorOutput: ProcessOutput {
    private let stream: LogStream
    private let descriptor: Descriptor
    private let poller: DescriptorPoller
    private let pace = Mutex(ReadPace())
    private let scratch = Mutex(ByteBufferAllocator().buffer(capacity: DescriptorOutput.readSize))

    /// What one chunk has at most. A terminal gives 4 KiB at a time, so several reads fill one chunk while output
    /// pours.
    private static let readSize = 64 * 1024
    /// Chunks at least this full leave in the buffer they were read into; smaller ones are copied, so that a quiet
    /// job's ring does not hold a large buffer for every line.
    private static let copyLimit = 16 * 1024

    init(_ descriptor: Descriptor, stream: LogStream, poller: DescriptorPoller) throws(LaunchError) {
        self.descriptor = descriptor
        self.stream = stream
        self.poller = poller
        try poller.add(descriptor.number)
    }

    func next() async -> OutputPiece? {
        while true {
            switch readAvailable() {
            case .bytes(let bytes):
                pace.withLock { $0.took(bytes.readableBytes, at: Date()) }
                return OutputPiece(stream: stream, bytes: bytes)
            case .end: return nil
            case .nothing:
                if Task.isCancelled { return nil }
                await poller.readable(descriptor.number, gathering: pace.withLock { $0.isPouring })
            }
        }
    }

    func available() -> OutputPiece? {
        if case .bytes(let bytes) = readAvailable() { OutputPiece(stream: stream, bytes: bytes) } else { nil }
    }

    var isHeldOpen: Bool { descriptor.isHeldOpen }

    func close() {
        poller.remove(descriptor.number)
        descriptor.close()
    }

    private enum ReadResult {
        case bytes(ByteBuffer)
        case nothing
        case end
    }

    private func readAvailable() -> ReadResult {
        scratch.withLock { buffer in
            var isEnd = false
            buffer.clear()
            while buffer.readableBytes < Self.readSize {
                let count = buffer.writeWithUnsafeMutableBytes(
                    minimumWritableBytes: Self.readSize - buffer.readableBytes
                ) {
                    max(0, readOnce(into: $0, limit: Self.readSize, isEnd: &isEnd))
                }
                if count == 0 { break }
            }
            let length = buffer.readableBytes
            if length == 0 { return isEnd ? .end : .nothing }
            if length < Self.copyLimit {
                var copy = ByteBufferAllocator().buffer(capacity: length)
                copy.writeImmutableBuffer(buffer)
                return .bytes(copy)
            }
            defer { buffer = ByteBufferAllocator().buffer(capacity: Self.readSize) }
            return .bytes(buffer)
        }
    }

    private func readOnce(into space: UnsafeMutableRawBufferPointer, limit: Int, isEnd: inout Bool) -> Int {
        while true {
            let count = read(descriptor.number, space.baseAddress, min(space.count, limit))
            if count > 0 { return count }
            if count == 0 { isEnd = true }
            if count < 0, errno == EINTR { continue }
            // EIO: see above. Anything else but "nothing yet" cannot get better by reading again, so it ends the output
            // too.
            if count < 0, errno != EAGAIN { isEnd = true }
            return 0
        }
    }
}
