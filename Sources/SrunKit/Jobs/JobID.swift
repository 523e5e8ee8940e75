/// The name of a job: unique, safe in a URL and a file name, and for jobs made here, ordered by time.
///
/// New identifiers are UUIDs of version 7 (RFC 9562 §5.7) in lower case. Any text of 1 to 64 ASCII letters, digits, `-` and `_`
/// is accepted, so the identifiers of jobs taken over from an earlier database stay valid.
public struct JobID: Hashable, Sendable {
    public let text: String

    /// Returns nil when the text cannot be a job's identifier; asking a store for such a job would be pointless.
    public init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (1...64).contains(bytes.count), bytes.allSatisfy(Self.isAllowed) else { return nil }
        self.text = String(text)
    }

    private init(unchecked text: String) { self.text = text }

    /// A new identifier for a job made at the given time.
    ///
    /// - Parameters:
    ///   - milliseconds: Since 1970. Identifiers made from a later millisecond sort after earlier ones, as text.
    ///   - sequence: 12 bits that order the identifiers made within one millisecond (RFC 9562 §6.2, method 1).
    ///   - random: 62 of these bits make identifiers from different nodes differ.
    public init(milliseconds: UInt64, sequence: UInt16, random: UInt64) {
        let high = (milliseconds & 0xffff_ffff_ffff) << 16 | 0x7000 | UInt64(sequence & 0x0fff)
        let low = random & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        var digits: [UInt8] = []
        digits.reserveCapacity(36)
        for index in 0..<32 {
            if [8, 12, 16, 20].contains(index) { digits.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            let nibble = UInt8(truncatingIfNeeded: word >> UInt64(60 - (index % 16) * 4)) & 0xf
            digits.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
        self.init(unchecked: String(decoding: digits, as: UTF8.self))
    }

    /// Whether it was made from a caller's own key, which asks for the same job however often it is used (RFC 9562 §5.8: version 8).
    public var isFromKey: Bool {
        let bytes = Array(text.utf8)
        return bytes.count == 36 && bytes[14] == UInt8(ascii: "8")
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

extension JobID: CustomStringConvertible {
    public var description: String { text }
}

extension JobID: Comparable {
    public static func < (left: JobID, right: JobID) -> Bool { left.text < right.text }
}
