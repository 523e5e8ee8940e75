/// Tells whether bytes are UTF-8 as they come in, at the first byte that cannot be (RFC 3629 §4).
struct UTF8Validator: Sendable {
    private var missing = 0
    /// What the next byte may be; narrower than 80...BF only after the first bytes E0, ED, F0 and F4.
    private var next: ClosedRange<UInt8> = 0x80...0xbf

    /// Whether the text so far ends between characters.
    var isComplete: Bool { missing == 0 }

    /// - Returns: Whether the text can still become valid.
    mutating func append(_ bytes: some Sequence<UInt8>) -> Bool {
        bytes.allSatisfy { append($0) }
    }

    private mutating func append(_ byte: UInt8) -> Bool {
        if missing > 0 {
            guard next.contains(byte) else { return false }
            missing -= 1
            next = 0x80...0xbf
            return true
        }
        switch byte {
        case 0x00...0x7f: return true
        case 0xc2...0xdf: missing = 1
        case 0xe0: (missing, next) = (2, 0xa0...0xbf)
        case 0xed: (missing, next) = (2, 0x80...0x9f)
        case 0xe1...0xef: missing = 2
        case 0xf0: (missing, next) = (3, 0x90...0xbf)
        case 0xf1...0xf3: missing = 3
        case 0xf4: (missing, next) = (3, 0x80...0x8f)
        default: return false
        }
        return true
    }
}
