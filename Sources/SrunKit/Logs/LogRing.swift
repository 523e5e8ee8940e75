import DequeModule
import Foundation
import NIOCore

/// The recent output of one job: what followers are served from, and what waits to be stored.
///
/// Bounded by entries and by bytes. When it is full it drops its oldest entries, but never one that is not stored yet; if those
/// alone fill it, ``isFull`` says so and the reader of the process waits.
struct LogRing {
    private(set) var chunks: Deque<LogChunk> = []
    private(set) var byteCount = 0
    /// The offset behind the last byte.
    private(set) var end: Int64
    /// Everything before this offset is in the store.
    private(set) var durable: Int64

    let maximumEntries: Int
    var maximumBytes: Int

    /// Bytes that arrive this soon after the first of an entry, on the same stream, join it: a program that prints a line in
    /// many small writes makes one entry, and one row in the store. Times are exact to this much.
    static let joinInterval: TimeInterval = 0.010
    static let joinedBytes = 16 * 1024

    init(from offset: Int64 = 0, maximumEntries: Int = 1000, maximumBytes: Int = 4 << 20) {
        self.end = offset
        self.durable = offset
        self.maximumEntries = maximumEntries
        self.maximumBytes = maximumBytes
    }

    /// The offset of the first byte that is still here.
    var start: Int64 { chunks.first?.offset ?? end }

    /// How much waits to be stored.
    var pendingBytes: Int { Int(end - durable) }

    /// Whether no more may be appended until something has been stored.
    var isFull: Bool { chunks.count >= maximumEntries || byteCount >= maximumBytes }

    mutating func append(_ bytes: ByteBuffer, stream: LogStream, time: Date) {
        guard bytes.readableBytes > 0 else { return }
        defer {
            end += Int64(bytes.readableBytes)
            byteCount += bytes.readableBytes
            evict()
        }
        if mayJoinLast(bytes, stream, time) {
            // In its place: a job that prints a line at a time must not have the lines before it copied for each.
            chunks[chunks.endIndex - 1].join(bytes)
        } else {
            chunks.append(LogChunk(offset: end, time: time, stream: stream, bytes: bytes))
        }
    }

    private func mayJoinLast(_ bytes: ByteBuffer, _ stream: LogStream, _ time: Date) -> Bool {
        guard let last = chunks.last else { return false }
        return last.stream == stream && last.bytes.readableBytes + bytes.readableBytes <= Self.joinedBytes
            && (0..<Self.joinInterval).contains(time.timeIntervalSince(last.time))
    }

    /// Goes on at a later offset: what is between is not there, and what is before is in the store.
    mutating func skip(to offset: Int64) {
        guard offset > end else { return }
        chunks.removeAll()
        byteCount = 0
        end = offset
        durable = offset
    }

    mutating func markDurable(before offset: Int64) {
        durable = max(durable, min(offset, end))
        evict()
    }

    /// What is here from the given offset on, at most so many bytes; nil when that offset has been dropped already.
    func chunks(from offset: Int64, limit: Int) -> [LogChunk]? {
        guard offset >= start else { return nil }
        var taken: [LogChunk] = []
        var remaining = limit
        var index = indexOfChunk(containing: offset)
        while remaining > 0, index < chunks.endIndex {
            if let part = chunks[index].slice(from: offset, limit: remaining) {
                taken.append(part)
                remaining -= part.bytes.readableBytes
            }
            index += 1
        }
        return taken
    }

    private func indexOfChunk(containing offset: Int64) -> Int {
        var (low, high) = (chunks.startIndex, chunks.endIndex)
        while low < high {
            let middle = (low + high) / 2
            if chunks[middle].end <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private mutating func evict() {
        // One entry below the limit, so that the next append has room.
        while isFull, let first = chunks.first, first.end <= durable {
            chunks.removeFirst()
            byteCount -= first.bytes.readableBytes
        }
    }
}
