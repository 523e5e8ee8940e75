import Foundation
import NIOCore
import SrunKit

/// Output as it stands in one row of `job_logs`: chunks of one stream that came close together, or a part of a large one.
struct OutputRow: Sendable {
    let offset: Int64
    let time: Date
    let stream: LogStream
    private(set) var bytes: ByteBuffer

    static let maximumBytes = 64 * 1024
    /// As far as the contract lets the time of a byte be off.
    static let joinedTime = 0.010

    /// The rows for what is not stored yet of chunks that follow one another.
    ///
    /// - Parameter end: Where the stored output ends; the first chunk begins there or before.
    static func rows(of chunks: [LogChunk], from end: Int64) -> [OutputRow] {
        var rows: [OutputRow] = []
        var position = end
        for chunk in chunks {
            while let part = chunk.slice(from: position, limit: maximumBytes) {
                if var last = rows.popLast() {
                    let isJoined = last.join(part)
                    rows.append(last)
                    if !isJoined { rows.append(OutputRow(part)) }
                } else {
                    rows.append(OutputRow(part))
                }
                position = part.end
            }
        }
        return rows
    }

    init(_ chunk: LogChunk) {
        offset = chunk.offset
        time = chunk.time
        stream = chunk.stream
        bytes = chunk.bytes
    }

    /// Returns false when the chunk needs a row of its own.
    mutating func join(_ chunk: LogChunk) -> Bool {
        guard chunk.stream == stream, bytes.readableBytes + chunk.bytes.readableBytes <= Self.maximumBytes,
            (0...Self.joinedTime).contains(chunk.time.timeIntervalSince(time))
        else { return false }
        bytes.writeImmutableBuffer(chunk.bytes)
        return true
    }
}
