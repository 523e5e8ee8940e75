import CLZ4
import Foundation
import NIOCore
import SrunKit

/// Output as it is packed in a row: one block of LZ4, without a frame around it (docs/decisions/0013).
///
/// A block does not tell how long it is once unpacked; the column `unpacked_bytes` does.
enum PackedContent {
    /// Below this a row shares a page with others whatever is done to it.
    private static let minimumBytes = 1024

    /// Nil when packing saves less than an eighth: what is packed has to be unpacked by everybody who reads it.
    static func pack(_ bytes: Data) -> Data? {
        guard bytes.count >= minimumBytes else { return nil }
        let limit = bytes.count - bytes.count / 8
        return bytes.withUnsafeBytes { source in
            withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { target -> Data? in
                // Zero when it does not fit.
                let length = LZ4_compress_default(
                    source.baseAddress?.assumingMemoryBound(to: CChar.self),
                    target.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(source.count), CInt(limit))
                return length > 0 ? Data(target.prefix(Int(length))) : nil
            }
        }
    }

    /// - Throws: ``StoreError`` with ``StoreError/Code/corrupt`` unless the block gives just so many bytes, at most as many as a row
    ///   can have.
    static func unpack(_ block: Data, bytes: Int) throws(StoreError) -> ByteBuffer {
        guard (1...OutputRow.maximumBytes).contains(bytes), block.count <= OutputRow.maximumBytes else { throw damage }
        var buffer = ByteBufferAllocator().buffer(capacity: bytes)
        let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: bytes) { target in
            block.withUnsafeBytes { source in
                max(
                    0,
                    Int(
                        LZ4_decompress_safe(
                            source.baseAddress?.assumingMemoryBound(to: CChar.self),
                            target.baseAddress?.assumingMemoryBound(to: CChar.self), CInt(source.count), CInt(bytes))))
            }
        }
        guard written == bytes else { throw damage }
        return buffer
    }

    private static var damage: StoreError {
        StoreError(.corrupt, "A row of output is damaged; restore the database from a backup.")
    }
}
