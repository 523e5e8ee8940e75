import Foundation
import NIOCore
import SrunKit

/// The output of one job: pieces that follow one another.
///
/// Bytes are copied in. A slice would keep alive the whole buffer it was cut from, and the bound would then count a part of
/// what is held.
struct MemoryOutput {
    private struct Piece {
        let offset: Int64
        let time: Date
        let stream: LogStream
        var bytes: ByteBuffer
    }

    private static let pieceBytes = 64 * 1024
    private static let joinedTime = 0.010

    private var pieces: [Piece] = []
    private(set) var end: Int64 = 0
    private(set) var gap: Range<Int64>?
    /// What is held in memory.
    private(set) var byteCount = 0

    /// Adds what is not there yet of a chunk that begins at or before the end.
    mutating func append(_ chunk: LogChunk) {
        while let part = chunk.slice(from: end, limit: Self.pieceBytes) {
            if continuesLastPiece(part) {
                pieces[pieces.count - 1].bytes.writeImmutableBuffer(part.bytes)
            } else {
                let copy = ByteBuffer(bytes: part.bytes.readableBytesView)
                pieces.append(
                    Piece(offset: end, time: part.time.inWholeMicroseconds, stream: part.stream, bytes: copy))
            }
            end = part.end
            byteCount += part.bytes.readableBytes
        }
    }

    private func continuesLastPiece(_ part: LogChunk) -> Bool {
        guard let last = pieces.last else { return false }
        return last.stream == part.stream && (0...Self.joinedTime).contains(part.time.timeIntervalSince(last.time))
            && last.bytes.readableBytes + part.bytes.readableBytes <= Self.pieceBytes
    }

    func chunks(from offset: Int64, limit: Int) -> [LogChunk] {
        var result: [LogChunk] = []
        var offset = offset
        var left = limit
        if let gap, gap.contains(offset) { offset = gap.upperBound }
        if let gap, offset < gap.lowerBound { left = min(left, Int(gap.lowerBound - offset)) }
        for piece in pieces[firstIndex(reaching: offset)...] where left > 0 {
            let whole = LogChunk(offset: piece.offset, time: piece.time, stream: piece.stream, bytes: piece.bytes)
            guard let chunk = whole.slice(from: offset, limit: left) else { continue }
            result.append(chunk)
            left -= chunk.bytes.readableBytes
        }
        return result
    }

    mutating func drop(_ range: Range<Int64>) {
        guard let gap = range.gap(in: end, with: gap) else { return }
        self.gap = gap
        // Of a piece that reaches out of the gap all stays: it is small.
        pieces.removeAll { piece in
            let length = piece.bytes.readableBytes
            guard piece.offset >= gap.lowerBound, piece.offset + Int64(length) <= gap.upperBound else { return false }
            byteCount -= length
            return true
        }
    }

    /// The index of the piece that holds the byte at an offset; one past the last when there is none.
    private func firstIndex(reaching offset: Int64) -> Int {
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            let piece = pieces[middle]
            if piece.offset + Int64(piece.bytes.readableBytes) <= offset { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
