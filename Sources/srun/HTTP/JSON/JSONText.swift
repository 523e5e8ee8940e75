import Foundation
import NIOCore

/// Writes messages.
enum JSONText {
    static func bytes(of message: some Encodable) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return ByteBuffer(bytes: try encoder.encode(message))
    }
}
