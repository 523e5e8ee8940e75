import Foundation
import GRDB
import NIOCore
import SrunKit

/// Output as it stands in one row of `job_logs`: chunks of one stream that came close together, or a part of a large one.
///
/// A row costs an entry in an index and the job's identifier twice, so many small chunks are joined. A row that is not bounded
/// would have to be read as a whole for its last byte.
struct OutputRow {
    let offset: Int64
    let time: Date
    let stream: LogStream
    private(set) var bytes: Data

    /// 64 KiB fit into four pages; larger rows were not faster (docs/decisions/0010).
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
        bytes = chunk.bytes.sharedData
    }

    /// Returns false when the chunk needs a row of its own.
    mutating func join(_ chunk: LogChunk) -> Bool {
        guard chunk.stream == stream, bytes.count + chunk.bytes.readableBytes <= Self.maximumBytes,
            (0...Self.joinedTime).contains(chunk.time.timeIntervalSince(time))
        else { return false }
        chunk.bytes.withUnsafeReadableBytes { bytes.append(contentsOf: $0) }
        return true
    }

    /// - Returns: How many bytes the database got.
    func insert(for job: JobID, _ db: Database) throws -> Int {
        let packed = PackedContent.pack(bytes)
        try db.cachedStatement(
            sql: """
                INSERT INTO job_logs (job_id, content, log_level, created_at, "offset", unpacked_bytes)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        ).execute(
            arguments: [
                job.text, packed ?? bytes, stream.rawValue, time.column, offset, packed.map { _ in bytes.count },
            ])
        return (packed ?? bytes).count
    }
}

extension ByteBuffer {
    /// The same bytes in the same memory, which lives as long as either does.
    fileprivate var sharedData: Data {
        withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            guard let start = bytes.baseAddress, !bytes.isEmpty else { return Data() }
            _ = storage.retain()
            return Data(
                bytesNoCopy: UnsafeMutableRawPointer(mutating: start), count: bytes.count,
                deallocator: .custom { _, _ in storage.release() })
        }
    }
}
