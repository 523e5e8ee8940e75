/// Looks for a text or a pattern in lines, one after the other.
package struct LineSearch: Sendable {
    /// Where something was found.
    package struct Hit: Hashable, Sendable {
        /// The line that holds it, or a part of it around the match.
        package let excerpt: String
        /// The match within the excerpt, in Unicode scalars.
        package let match: Range<Int>
    }

    /// Of an excerpt, in Unicode scalars.
    package static let maximumExcerpt = 300
    /// How much of a long line is shown before the match.
    private static let context = 100

    private let literal: LiteralMatcher?
    private var pattern: PatternMatcher?

    package init(literal text: String, ignoresCase: Bool) {
        literal = LiteralMatcher(text, ignoresCase: ignoresCase)
    }

    package init(_ program: PatternProgram) {
        literal = nil
        pattern = PatternMatcher(program)
    }

    /// The first match in a line.
    ///
    /// - Parameter line: UTF-8.
    package mutating func hit(in line: [UInt8]) -> Hit? {
        guard let literal else {
            let scalars = Self.scalars(line)
            return pattern?.firstMatch(in: scalars).map { Self.hit(scalars, $0) }
        }
        guard let found = literal.firstMatch(in: line) else { return nil }
        let start = Self.scalarCount(line[..<found.lowerBound])
        return Self.hit(Self.scalars(line), start..<(start + Self.scalarCount(line[found])))
    }

    private static func hit(_ scalars: [UInt32], _ match: Range<Int>) -> Hit {
        let latest = max(0, scalars.count - maximumExcerpt)
        let start = scalars.count <= maximumExcerpt ? 0 : min(max(0, match.lowerBound - context), latest)
        let end = min(scalars.count, start + maximumExcerpt)
        var excerpt = String.UnicodeScalarView()
        for scalar in scalars[start..<end] { excerpt.append(Unicode.Scalar(scalar) ?? "\u{fffd}") }
        return Hit(
            excerpt: String(excerpt), match: (match.lowerBound - start)..<(min(match.upperBound, end) - start))
    }

    private static func scalars(_ line: [UInt8]) -> [UInt32] {
        String(decoding: line, as: UTF8.self).unicodeScalars.map(\.value)
    }

    private static func scalarCount(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.count { $0 & 0xc0 != 0x80 }
    }
}
