/// The name of a user: 1 to 64 lower-case letters, digits and `._@+-`, beginning with a letter or a digit.
///
/// No two names look alike, none needs quoting anywhere, and none steers a terminal. Capital letters are made small, because
/// people write them as they like.
struct UserName: Hashable, Sendable {
    let text: String

    /// Names that mean the server itself.
    private static let reserved: Set<String> = ["admin", "anonymous"]

    /// Nil for a text that is no such name.
    init?(_ text: String) {
        guard (1...64).contains(text.utf8.count) else { return nil }
        let bytes = text.utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }
        guard let first = bytes.first, Self.isLetterOrDigit(first),
            bytes.allSatisfy({ Self.isLetterOrDigit($0) || "._@+-".utf8.contains($0) })
        else { return nil }
        self.text = String(decoding: bytes, as: UTF8.self)
    }

    var isReserved: Bool { Self.reserved.contains(text) }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        default: false
        }
    }
}
