/// The keys that leave a job's terminal: one, or several in a row.
struct DetachKeys: Hashable, Sendable {
    static let standard = DetachKeys(bytes: [0x1c], text: #"ctrl-\"#)

    /// Empty when nothing leaves.
    let bytes: [UInt8]
    /// As a person writes them.
    let text: String

    private init(bytes: [UInt8], text: String) {
        self.bytes = bytes
        self.text = text
    }

    /// Reads `ctrl-]`, `ctrl-p,ctrl-q`, `ctrl-a,d` or `none`; nil for anything else.
    init?(_ text: String) {
        if text == "none" {
            self.init(bytes: [], text: text)
            return
        }
        let keys = text.split(separator: ",", omittingEmptySubsequences: false)
        let bytes = keys.compactMap(Self.byte)
        guard bytes.count == keys.count, bytes.count <= 8 else { return nil }
        self.init(bytes: bytes, text: text)
    }

    private static func byte(_ key: Substring) -> UInt8? {
        let name = key.lowercased()
        if name.hasPrefix("ctrl-"), let last = name.dropFirst(5).uppercased().utf8.first, name.utf8.count == 6 {
            // What a terminal sends for Ctrl and a key of this row of ASCII.
            return (0x40...0x5f).contains(last) ? last & 0x1f : nil
        }
        guard let byte = key.utf8.first, key.utf8.count == 1, (0x21...0x7e).contains(byte) else { return nil }
        return byte
    }
}

/// Looks for the keys that leave in what is typed, piece by piece.
struct DetachScanner: Sendable {
    private let keys: [UInt8]
    /// How many of the keys, in a row, have been typed last.
    private var matched = 0

    init(_ keys: DetachKeys) { self.keys = keys.bytes }

    /// - Returns: What is for the job, and whether the keys came; nothing behind them is for anybody. A beginning of the keys is
    ///   held back until it is clear what becomes of it.
    mutating func scan(_ typed: some Sequence<UInt8>) -> (bytes: [UInt8], leaves: Bool) {
        guard !keys.isEmpty else { return (Array(typed), false) }
        var bytes: [UInt8] = []
        for byte in typed {
            // What was held back is for the job as far as it cannot be the beginning any more.
            while matched > 0, keys[matched] != byte {
                let held = keys.prefix(matched)
                let shorter = (0..<matched).reversed().first { held.suffix($0).elementsEqual(keys.prefix($0)) } ?? 0
                bytes += held.prefix(matched - shorter)
                matched = shorter
            }
            guard keys[matched] == byte else {
                bytes.append(byte)
                continue
            }
            matched += 1
            if matched == keys.count { return (bytes, true) }
        }
        return (bytes, false)
    }
}
