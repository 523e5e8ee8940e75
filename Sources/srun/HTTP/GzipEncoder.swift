import CZlib
import NIOCore

/// Compresses a stream of bytes as gzip (RFC 1952), piece by piece.
///
/// A class, because zlib keeps the address of its state. One encoder belongs to one body and to one task at a time.
final class GzipEncoder {
    /// Fast: output is compressed once for each reader, and its length matters less than the server's time.
    private static let level: Int32 = 1
    private static let pieceBytes = 64 * 1024

    private let stream: UnsafeMutablePointer<z_stream>

    /// Nil when there is no memory for it.
    init?() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard srun_gzip_begin(stream, Self.level) == Z_OK else {
            stream.deallocate()
            return nil
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    enum Ending {
        /// More comes; what there is may wait for it.
        case none
        /// The reader shall have all of it now.
        case flushed
        case finished

        fileprivate var code: Int32 {
            switch self {
            case .none: Z_NO_FLUSH
            case .flushed: Z_SYNC_FLUSH
            case .finished: Z_FINISH
            }
        }
    }

    /// What can be sent now.
    func encode(_ bytes: ByteBuffer, _ ending: Ending) -> ByteBuffer {
        var output = ByteBuffer()
        bytes.withUnsafeReadableBytes { input in
            // zlib only reads what it is given here, whatever its declaration says.
            stream.pointee.next_in = UnsafeMutablePointer(mutating: input.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(input.count)
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.pieceBytes) { room in
                    stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
                    stream.pointee.avail_out = UInt32(room.count)
                    deflate(stream, ending.code)
                    return room.count - Int(stream.pointee.avail_out)
                }
                // Room that is left means that zlib has nothing more to say.
            } while stream.pointee.avail_out == 0
            stream.pointee.next_in = nil
        }
        return output
    }
}
