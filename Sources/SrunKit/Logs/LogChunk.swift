public import Foundation
public import NIOCore

/// Where output came from. On a terminal both streams are one, and everything is `output`.
public enum LogStream: String, Sendable, Hashable, Codable {
    case output = "stdout"
    case error = "stderr"
}

/// A piece of a job's output: raw bytes, not necessarily whole characters, at their place.
public struct LogChunk: Sendable, Hashable {
    /// Bytes from the start of the job's output.
    public let offset: Int64
    /// When the first of its bytes was read.
    public let time: Date
    public let stream: LogStream
    public private(set) var bytes: ByteBuffer
    /// Not 0 where output was dropped: so many bytes are missing here, and ``bytes`` is a line that says so in their place.
    public let dropped: Int64

    public init(offset: Int64, time: Date, stream: LogStream, bytes: ByteBuffer, dropped: Int64 = 0) {
        self.offset = offset
        self.time = time
        self.stream = stream
        self.bytes = bytes
        self.dropped = dropped
    }

    /// The offset of the byte that follows.
    public var end: Int64 { offset + (dropped > 0 ? dropped : Int64(bytes.readableBytes)) }

    /// Takes in what follows.
    mutating func join(_ next: ByteBuffer) { bytes.writeImmutableBuffer(next) }

    /// The part that begins at the given offset and has at most so many bytes; nil when nothing is left of it. The bytes are
    /// shared, not copied.
    public func slice(from start: Int64, limit: Int = .max) -> LogChunk? {
        let skipped = max(0, start - offset)
        guard skipped < bytes.readableBytes, limit > 0 else { return nil }
        let length = min(bytes.readableBytes - Int(skipped), limit)
        guard let part = bytes.getSlice(at: bytes.readerIndex + Int(skipped), length: length) else { return nil }
        return LogChunk(offset: offset + skipped, time: time, stream: stream, bytes: part)
    }
}
