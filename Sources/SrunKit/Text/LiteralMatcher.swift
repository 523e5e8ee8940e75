/// Finds a text in another in one pass (Knuth, Morris, Pratt), however repetitive both are.
struct LiteralMatcher: Sendable {
    private let needle: [UInt8]
    /// Where to go on in the needle when the byte behind so many does not fit.
    private let fallback: [Int]
    private let ignoresCase: Bool

    /// - Parameter ignoresCase: Of ASCII letters.
    init(_ text: String, ignoresCase: Bool) {
        let needle = text.utf8.map { ignoresCase ? Self.lowercased($0) : $0 }
        var fallback = [0]
        var length = 0
        for byte in needle.dropFirst() {
            while length > 0, needle[length] != byte { length = fallback[length - 1] }
            if needle[length] == byte { length += 1 }
            fallback.append(length)
        }
        self.needle = needle
        self.fallback = fallback
        self.ignoresCase = ignoresCase
    }

    func firstMatch(in text: [UInt8]) -> Range<Int>? {
        guard !needle.isEmpty else { return 0..<0 }
        var length = 0
        for (index, byte) in text.enumerated() {
            let byte = ignoresCase ? Self.lowercased(byte) : byte
            while length > 0, needle[length] != byte { length = fallback[length - 1] }
            if needle[length] == byte { length += 1 }
            if length == needle.count { return (index + 1 - length)..<(index + 1) }
        }
        return nil
    }

    private static func lowercased(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}
