import Foundation
import NIOCore

/// Replaces secrets in a stream of bytes by as many asterisks, however the stream is cut into pieces.
///
/// Found are the secrets as they are, each line of them, and their base64 wherever in a longer base64 they stand, plain and
/// URL-safe. What is shorter than ``shortest`` is not looked for: it would be found everywhere. This is a net for accidents and not
/// a wall: whoever wants to print a secret turns it around.
///
/// As many bytes come out as go in, because a byte's offset is its name. Bytes that may be the beginning of a secret are held back
/// until the next ones tell, so the end of what was printed may come late.
///
/// All secrets are looked for at once, in one walk over the bytes (Aho and Corasick, "Efficient string matching", 1975), so the time
/// grows with the bytes and not with the secrets.
struct SecretMasker: Sendable {
    /// In bytes.
    static let shortest = 6

    private static let asterisk = UInt8(ascii: "*")
    private static let root: Int32 = 0

    /// A place in the walk: the longest beginning of any secret that the bytes so far end with.
    private struct Node: Sendable {
        let byte: UInt8
        let depth: Int32
        var firstChild: Int32 = -1
        var nextSibling: Int32 = -1
        /// The longest proper ending of this beginning that is a beginning too.
        var fallback: Int32 = 0
        /// The length of the longest secret that ends here; 0 for none.
        var found: Int32 = 0
    }

    private let nodes: [Node]
    /// Where the walk goes from the root.
    private let first: [Int32]
    /// The length of the longest that is looked for.
    let longest: Int

    private var place = Self.root
    private var held = ByteBuffer()
    /// How many of the held bytes, from their beginning, have been masked already.
    private var maskedTo = 0
    private var maskedFrom = 0

    /// Nil when there is nothing to look for.
    init?(_ secrets: some Sequence<String>) {
        let patterns = Set(secrets.flatMap(Self.forms)).filter { $0.count >= Self.shortest }
        guard !patterns.isEmpty else { return nil }
        var nodes = [Node(byte: 0, depth: 0)]
        // In a fixed order, so that the same secrets always make the same machine.
        for pattern in patterns.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            var place = Self.root
            for byte in pattern {
                if let child = Self.child(of: place, byte, nodes) {
                    place = child
                } else {
                    let parent = Int(place)
                    var node = Node(byte: byte, depth: nodes[parent].depth + 1)
                    node.nextSibling = nodes[parent].firstChild
                    nodes[parent].firstChild = Int32(nodes.count)
                    place = Int32(nodes.count)
                    nodes.append(node)
                }
            }
            nodes[Int(place)].found = Int32(pattern.count)
        }
        Self.connect(&nodes)
        self.nodes = nodes
        first = (0...255).map { Self.child(of: Self.root, UInt8($0), nodes) ?? Self.root }
        longest = patterns.map(\.count).max() ?? 0
    }

    /// Takes bytes in.
    ///
    /// - Returns: What can be told by now: what was held back before, and all of these bytes but those that may begin a secret.
    mutating func mask(_ bytes: ByteBuffer) -> ByteBuffer {
        // Taken out meanwhile, so that it is not copied while the walk changes the rest of this value.
        var all = held
        held = ByteBuffer()
        let start = all.readableBytes
        all.writeImmutableBuffer(bytes)
        all.withUnsafeMutableReadableBytes { all in
            for index in start..<all.count {
                step(all[index])
                let length = Int(nodes[Int(place)].found)
                if length > 0 { cover(from: index + 1 - length, to: index + 1, in: all) }
            }
        }
        held = all
        return release(held.readableBytes - Int(nodes[Int(place)].depth))
    }

    /// What was held back, as no more bytes will come.
    mutating func finish() -> ByteBuffer {
        place = Self.root
        return release(held.readableBytes)
    }

    private mutating func release(_ count: Int) -> ByteBuffer {
        maskedFrom = max(0, maskedFrom - count)
        maskedTo = max(0, maskedTo - count)
        let bytes = held.readSlice(length: count) ?? ByteBuffer()
        if held.readableBytes == 0 { held = ByteBuffer() }
        return bytes
    }

    private mutating func cover(from start: Int, to end: Int, in bytes: UnsafeMutableRawBufferPointer) {
        // Secrets that overlap are written over once.
        let isJoined = start >= maskedFrom && start <= maskedTo
        for index in (isJoined ? maskedTo : start)..<max(end, isJoined ? maskedTo : start) {
            bytes[index] = Self.asterisk
        }
        maskedFrom = isJoined ? maskedFrom : start
        maskedTo = end
    }

    private mutating func step(_ byte: UInt8) {
        while place != Self.root {
            if let child = Self.child(of: place, byte, nodes) {
                place = child
                return
            }
            place = nodes[Int(place)].fallback
        }
        place = first[Int(byte)]
    }

    private static func child(of place: Int32, _ byte: UInt8, _ nodes: [Node]) -> Int32? {
        var child = nodes[Int(place)].firstChild
        while child >= 0 {
            if nodes[Int(child)].byte == byte { return child }
            child = nodes[Int(child)].nextSibling
        }
        return nil
    }

    /// Finds the fallback of every node, those nearer to the root first.
    private static func connect(_ nodes: inout [Node]) {
        var queue: [Int32] = [root]
        var index = 0
        while index < queue.count {
            let parent = queue[index]
            index += 1
            var child = nodes[Int(parent)].firstChild
            while child >= 0 {
                queue.append(child)
                var fallback = nodes[Int(parent)].fallback
                if parent == root {
                    fallback = root
                } else {
                    while fallback != root, Self.child(of: fallback, nodes[Int(child)].byte, nodes) == nil {
                        fallback = nodes[Int(fallback)].fallback
                    }
                    fallback = Self.child(of: fallback, nodes[Int(child)].byte, nodes) ?? root
                }
                nodes[Int(child)].fallback = fallback
                if nodes[Int(child)].found == 0 { nodes[Int(child)].found = nodes[Int(fallback)].found }
                child = nodes[Int(child)].nextSibling
            }
        }
    }

    /// What a secret may look like in output.
    private static func forms(of secret: String) -> [[UInt8]] {
        let bytes = Array(secret.utf8)
        // A terminal turns a line feed into two bytes, and programs indent: each line for itself.
        let lines = bytes.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.map(Array.init)
        let plain = ([bytes] + lines).filter { $0.count >= shortest }
        return plain + plain.flatMap(encodings)
    }

    /// The digits of base64 that depend on the secret alone, for each of the three places it may have in a longer text.
    private static func encodings(of bytes: [UInt8]) -> [[UInt8]] {
        (0..<3).flatMap { lead -> [[UInt8]] in
            let text = Data([UInt8](repeating: 0, count: lead) + bytes).base64EncodedString().utf8
            // A digit holds 6 bits: what also holds bits of a neighbour is left out.
            let from = (lead * 8 + 5) / 6
            let to = (lead + bytes.count) * 8 / 6
            let digits = Array(text.dropFirst(from).prefix(max(0, to - from)))
            let safe = digits.map {
                $0 == UInt8(ascii: "+") ? UInt8(ascii: "-") : $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0
            }
            return digits == safe ? [digits] : [digits, safe]
        }
    }
}
