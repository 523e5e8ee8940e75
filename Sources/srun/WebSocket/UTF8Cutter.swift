import NIOCore

/// Makes valid text of bytes that come in pieces, never cutting a character at the border of two pieces.
///
/// What is not UTF-8 becomes U+FFFD, exactly as if all pieces had been decoded as one. At most three bytes are held
/// back.
struct UTF8Cutter: Sendable {
    private var held: [UInt8] = []

    /// The text up to the last character that is certainly complete.
    mutating func append(_ pieces: some Sequence<ByteBuffer>) -> String {
        var bytes = held
        for piece in pieces { bytes.append(contentsOf: piece.readableBytesView) }
        let tail = Self.incompleteTail(of: bytes)
        held = Array(bytes.suffix(tail))
        return String(decoding: bytes.dropLast(tail), as: UTF8.self)
    }

    /// What is left when nothing more comes.
    mutating func finish() -> String {
        defer { held = [] }
        return String(decoding: held, as: UTF8.self)
    }

    /// How many bytes at the end begin a character that is longer than what is there.
    private static func incompleteTail(of bytes: [UInt8]) -> Int {
        for (index, byte) in bytes.suffix(3).reversed().enumerated() {
            let length =
                switch byte {
                case 0x80...0xbf: 0
                case 0xc2...0xdf: 2
                case 0xe0...0xef: 3
                case 0xf0...0xf4: 4
                default: 1
                }
            // A first byte, or one that no character begins with: nothing before it is open.
            if length > 0 { return length > index + 1 ? index + 1 : 0 }
        }
        return 0
    }
}
