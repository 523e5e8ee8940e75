import NIOCore

/// An input as a source of decisions and bytes.
struct FuzzInput {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { self.bytes = bytes[...] }

    var isEmpty: Bool { bytes.isEmpty }

    /// The next byte; 0 when there is none left.
    mutating func next() -> UInt8 { bytes.popFirst() ?? 0 }

    mutating func next(below limit: Int) -> Int { Int(next()) % max(1, limit) }

    mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    /// The bytes up to the next line feed, which goes too.
    mutating func line() -> [UInt8] {
        let line = Array(bytes.prefix { $0 != 0x0a })
        bytes = bytes.dropFirst(line.count + 1)
        return line
    }

    mutating func rest() -> [UInt8] { take(bytes.count) }
}

extension [UInt8] {
    /// The same bytes in pieces, cut where the number says.
    func pieces(_ number: UInt8) -> [ByteBuffer] {
        var state = UInt32(number) &* 2_654_435_761 | 1
        var pieces: [ByteBuffer] = []
        var rest = self[...]
        while !rest.isEmpty {
            state = state &* 1_664_525 &+ 1_013_904_223
            let length = number == 0 ? 1 : 1 + Int(state >> 24) % (1 + Int(number))
            pieces.append(ByteBuffer(bytes: rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return pieces
    }

    var text: String { String(decoding: self, as: UTF8.self) }

    func contains(_ other: [UInt8]) -> Bool {
        guard !other.isEmpty, count >= other.count else { return other.isEmpty }
        return (0...(count - other.count)).contains { self[$0..<($0 + other.count)].elementsEqual(other) }
    }
}
