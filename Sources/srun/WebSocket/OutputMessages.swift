import NIOCore
import SrunKit

/// Cuts output into messages: large chunks travel as they are, small neighbours together.
///
/// A message costs the browser more than copying a few kilobytes costs us; copying the large ones would cost more than
/// it saves.
enum OutputMessages {
    static let largeChunk = 16 * 1024
    static let joinedLimit = 64 * 1024

    static func buffers(of chunks: [LogChunk]) -> [ByteBuffer] {
        var buffers: [ByteBuffer] = []
        var joined = ByteBuffer()
        for chunk in chunks {
            let size = chunk.bytes.readableBytes
            if joined.readableBytes > 0, size >= largeChunk || joined.readableBytes + size > joinedLimit {
                buffers.append(joined)
                joined = ByteBuffer()
            }
            if size >= largeChunk || chunks.count == 1 {
                buffers.append(chunk.bytes)
            } else {
                joined.writeImmutableBuffer(chunk.bytes)
            }
        }
        if joined.readableBytes > 0 { buffers.append(joined) }
        return buffers
    }
}
