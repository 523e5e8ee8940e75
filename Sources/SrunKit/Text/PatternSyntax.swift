/// Why a pattern is not one.
package struct PatternError: Error, Hashable, Sendable {
    /// For people; says nothing of the pattern itself.
    package let problem: String
    /// The character of the pattern, counted from 0.
    package let position: Int
}

/// What a regular expression says, before it becomes a program.
indirect enum PatternNode: Hashable, Sendable {
    case empty
    case one(ScalarSet)
    case assertion(PatternAssertion)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, least: Int, most: Int?, isGreedy: Bool)
}

enum PatternAssertion: Hashable, Sendable {
    case lineStart, lineEnd, wordBoundary, noWordBoundary
}

/// Some characters: those in the ranges, or all others.
struct ScalarSet: Hashable, Sendable {
    var ranges: [ClosedRange<UInt32>]
    var isInverted = false

    static let all = ScalarSet(ranges: [], isInverted: true)
    static let digits = ScalarSet(ranges: [0x30...0x39])
    static let spaces = ScalarSet(ranges: [0x09...0x0d, 0x20...0x20])
    static let words = ScalarSet(ranges: [0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a])

    var inverted: ScalarSet { ScalarSet(ranges: ranges, isInverted: !isInverted) }

    func contains(_ scalar: UInt32) -> Bool {
        ranges.contains { $0.contains(scalar) } != isInverted
    }

    /// The same set, in which an ASCII letter stands for both of its cases.
    var withoutCase: ScalarSet {
        var folded = self
        for letter in UInt32(0x41)...0x5a {
            let holdsUpper = ranges.contains { $0.contains(letter) }
            let holdsLower = ranges.contains { $0.contains(letter | 0x20) }
            if holdsUpper != holdsLower { folded.ranges += [letter...letter, (letter | 0x20)...(letter | 0x20)] }
        }
        return folded
    }

    /// The ranges of what is not in the set; for a set that becomes part of another.
    var asRanges: [ClosedRange<UInt32>] {
        guard isInverted else { return ranges }
        var result: [ClosedRange<UInt32>] = []
        var next: UInt32 = 0
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if range.lowerBound > next { result.append(next...(range.lowerBound - 1)) }
            next = max(next, range.upperBound + 1)
        }
        if next <= 0x10ffff { result.append(next...0x10ffff) }
        return result
    }
}
