import SrunTestSupport
import Testing

@testable import SrunKit

@Suite("Patterns") struct PatternTests {
    private func match(_ pattern: String, _ text: String, ignoresCase: Bool = false) throws -> String? {
        let program = try PatternProgram(pattern, ignoresCase: ignoresCase)
        var matcher = PatternMatcher(program)
        let scalars = text.unicodeScalars.map(\.value)
        return matcher.firstMatch(in: scalars).map { range in
            String(String.UnicodeScalarView(scalars[range].compactMap(Unicode.Scalar.init)))
        }
    }

    @Test(
        "match what they should",
        arguments: [
            ("abc", "xabcx", "abc"), ("a.c", "abc", "abc"), ("a|b", "xb", "b"), ("ab|a", "ab", "ab"),
            ("a|ab", "ab", "a"),
            ("a*", "aaa", "aaa"), ("a*?", "aaa", ""), ("a+?", "aaa", "a"), ("a?b", "ab", "ab"), ("^a", "ba", nil),
            ("a$", "aab", nil), ("a$", "baa", "a"), ("^$", "", ""), ("\\d+", "a12b", "12"), ("\\D+", "12ab", "ab"),
            ("\\w+", " a_1 ", "a_1"), ("\\W", "a-b", "-"), ("\\s\\S", "a b", " b"), ("\\bfoo\\b", "a foo b", "foo"),
            ("\\bfoo\\b", "afoo b", nil), ("o\\B", "foo", "o"), ("[a-c]+", "xabcd", "abc"), ("[^a-c]+", "abxyc", "xy"),
            ("[]a]+", "x]a", "]a"), ("[a-]+", "-a", "-a"), ("[\\d.]+", "v1.2x", "1.2"), ("[^\\d]", "1a", "a"),
            ("[\\W]", "a-", "-"), ("a{2}", "aaa", "aa"), ("a{2,}", "aaaa", "aaaa"), ("a{1,2}", "aaa", "aa"),
            ("a{0,1}b", "ab", "ab"), ("a{0}b", "ab", "b"), ("{\"a\": {1}", "{\"a\": {1}", "{\"a\": "),
            ("x{", "x{", "x{"),
            ("\\{\\}", "{}", "{}"), ("(ab)+", "ababa", "abab"), ("(?:a|b)+c", "abac", "abac"), ("(a*)*", "aa", "aa"),
            ("(a|b*)*c", "abbac", "abbac"), ("\\x41", "A", "A"), ("ä.ü", "xäöü", "äöü"), ("\\.", "a.", "."),
            ("()", "a", ""), ("a||b", "b", ""),
        ] as [(String, String, String?)])
    func matchWhatTheyShould(_ pattern: String, _ text: String, _ expected: String?) throws {
        #expect(try match(pattern, text) == expected)
    }

    @Test func canIgnoreTheCaseOfASCIILetters() throws {
        #expect(try match("ERR[a-z]+", "error", ignoresCase: true) == "error")
        #expect(try match("[^a]", "Ab", ignoresCase: true) == "b")
        #expect(try match("Ä", "ä", ignoresCase: true) == nil)
        #expect(try match("ERR", "error") == nil)
    }

    @Test(
        "tell where they are wrong",
        arguments: [
            ("(", 0), ("a)", 1), ("[a", 0), ("a[b-a]", 2), ("*", 0), ("a**", 2), ("a++", 2), ("\\", 0), ("\\q", 0),
            ("(a)\\1", 3), ("a{3,2}", 1), ("a{1001}", 1), ("(?=a)", 0), ("^*", 1), ("\\x4", 0), ("[\\d-z]", 1),
            ("((a{1000}){1000})", 0),
        ])
    func tellWhereTheyAreWrong(_ pattern: String, _ position: Int) {
        let error = #expect(throws: PatternError.self) { try PatternProgram(pattern, ignoresCase: false) }
        #expect(error?.position == position)
    }

    @Test func areBounded() {
        let deep = String(repeating: "(", count: 100) + String(repeating: ")", count: 100)
        #expect(throws: PatternError.self) { try PatternProgram(deep, ignoresCase: false) }
        let long = String(repeating: "a", count: 2000)
        #expect(throws: PatternError.self) { try PatternProgram(long, ignoresCase: false) }
        #expect(throws: PatternError.self) { try PatternProgram("(((a?){30}){30}){30}", ignoresCase: false) }
    }

    @Test(
        "the work is linear",
        arguments: ["(a*)*b", "(a|a)*b", "(a+)+$", "a{0,100}a{100}b", "(.*)(.*)(.*)x", "\\b(a|aa)+b"])
    func workIsLinear(_ pattern: String) throws {
        let program = try PatternProgram(pattern, ignoresCase: false)
        func steps(_ count: Int) -> Int {
            var matcher = PatternMatcher(program)
            _ = matcher.firstMatch(in: Array(repeating: 0x61, count: count) + [0x21])
            return matcher.steps
        }
        #expect(steps(4000) <= steps(1000) * 5)
        #expect(steps(4000) <= 4002 * program.instructions.count * 4)
    }

    @Test("agree with Swift's engine", arguments: 0..<UInt64(20))
    func agreeWithSwift(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            let pattern = Self.pattern(depth: 3, &random)
            let reference = try Regex(pattern).matchingSemantics(.unicodeScalar).wordBoundaryKind(.simple)
            for _ in 0..<12 {
                // The \b of Swift 6.3 does not count digits as parts of words, although its \w does.
                let letters = pattern.contains("\\b") ? "ab -" : "ab 1-"
                let text = String(
                    (0..<Int.random(in: 0...9, using: &random)).compactMap { _ in letters.randomElement(using: &random)
                    })
                let expected = try reference.firstMatch(in: text).map { String(text[$0.range]) }
                #expect(try match(pattern, text) == expected, "\(pattern) on \(text)")
            }
        }
    }

    /// A random pattern in which nothing that can be empty is repeated: engines differ there.
    private static func pattern(depth: Int, _ random: inout SeededGenerator) -> String {
        let atoms = ["a", "b", "1", ".", "[ab]", "[^a]", "\\d", "\\w", "\\s", "\\W", "-", "[a-b1]"]
        let atom = atoms.randomElement(using: &random) ?? "a"
        guard depth > 0 else { return atom }
        let inner = pattern(depth: depth - 1, &random)
        let quantifiers = ["*", "+", "?", "{2}", "{1,2}", "{0,3}", "*?", "+?", "??"]
        let quantifier = quantifiers.randomElement(using: &random) ?? "*"
        return switch Int.random(in: 0..<8, using: &random) {
        case 0: "\(atom)\(quantifier)\(inner)"
        case 1: "(?:\(inner)|\(pattern(depth: depth - 1, &random)))"
        case 2: "\(inner)\(atom)\(quantifier)"
        case 3: "(\(atom)\(inner))\(quantifier)"
        case 4: "^\(inner)"
        case 5: "\(inner)$"
        case 6: "\\b\(inner)"
        default: "\(inner)\(pattern(depth: depth - 1, &random))"
        }
    }
}

@Suite("Search in lines") struct LineSearchTests {
    private func hit(_ text: String, in line: String, ignoresCase: Bool = true) -> LineSearch.Hit? {
        var search = LineSearch(literal: text, ignoresCase: ignoresCase)
        return search.hit(in: Array(line.utf8))
    }

    @Test func findsTextWhateverItsCase() {
        #expect(hit("ERROR", in: "an error")?.match == 3..<8)
        #expect(hit("ERROR", in: "an error", ignoresCase: false) == nil)
        #expect(hit("öü", in: "äöü")?.match == 1..<3)
        #expect(hit("x", in: "") == nil)
        #expect(hit("aab", in: "aaaab")?.match == 2..<5)
    }

    @Test func showsThePartAroundTheMatch() throws {
        let line = String(repeating: "-", count: 1000) + "needle" + String(repeating: "+", count: 1000)
        let found = try #require(hit("needle", in: line))
        #expect(found.excerpt.unicodeScalars.count == LineSearch.maximumExcerpt)
        #expect(String(Array(found.excerpt)[found.match]) == "needle")
        let late = try #require(hit("+", in: String(repeating: "-", count: 1000) + "+"))
        #expect(String(Array(late.excerpt)[late.match]) == "+")
        #expect(late.excerpt.count == LineSearch.maximumExcerpt)
    }

    @Test("finds what a simple search finds", arguments: 0..<UInt64(10))
    func findsWhatASimpleSearchFinds(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func word(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0x61...0x62, using: &random) } }
        for _ in 0..<200 {
            let needle = word(Int.random(in: 1...5, using: &random))
            let text = word(Int.random(in: 0...30, using: &random))
            let matcher = LiteralMatcher(String(decoding: needle, as: UTF8.self), ignoresCase: false)
            let expected = (0...text.count).first { text[$0...].starts(with: needle) }
            #expect(matcher.firstMatch(in: text)?.lowerBound == expected)
        }
    }
}
