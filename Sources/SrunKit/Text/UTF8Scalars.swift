/// Decodes UTF-8 byte by byte; what is none becomes U+FFFD, as often as when Swift decodes the whole (Unicode §3.9, U+FFFD
/// substitution of maximal subparts).
struct UTF8Scalars: Sendable {
    static let replacement: UInt32 = 0xfffd

    private var value: UInt32 = 0
    private var missing = 0
    /// What the next byte may be; narrower than 80...BF only after the first bytes E0, ED, F0 and F4.
    private var next: ClosedRange<UInt8> = 0x80...0xbf

    /// A character has begun and is not complete.
    var isPending: Bool { missing > 0 }

    /// What a byte of 80 or above completes.
    ///
    /// - Returns: Whether a character before it was broken off, and the character that ends here.
    mutating func accept(_ byte: UInt8) -> (isBroken: Bool, scalar: UInt32?) {
        if isPending, next.contains(byte) {
            value = value << 6 | UInt32(byte & 0x3f)
            missing -= 1
            next = 0x80...0xbf
            return (false, isPending ? nil : value)
        }
        let isBroken = isPending
        switch byte {
        case 0xc2...0xdf: begin(byte & 0x1f, 1)
        case 0xe0: begin(byte & 0x0f, 2, 0xa0...0xbf)
        case 0xed: begin(byte & 0x0f, 2, 0x80...0x9f)
        case 0xe1...0xef: begin(byte & 0x0f, 2)
        case 0xf0: begin(byte & 0x07, 3, 0x90...0xbf)
        case 0xf1...0xf3: begin(byte & 0x07, 3)
        case 0xf4: begin(byte & 0x07, 3, 0x80...0x8f)
        default:
            missing = 0
            return (isBroken, byte < 0x80 ? UInt32(byte) : Self.replacement)
        }
        return (isBroken, nil)
    }

    /// Drops what has begun: it was broken off by something else.
    mutating func reset() { missing = 0 }

    private mutating func begin(_ bits: UInt8, _ count: Int, _ range: ClosedRange<UInt8> = 0x80...0xbf) {
        value = UInt32(bits)
        missing = count
        next = range
    }
}
