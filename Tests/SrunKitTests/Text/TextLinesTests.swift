import Foundation
import NIOCore
import SrunTestSupport
import Testing

@testable import SrunKit

@Suite("Plain lines") struct TextLinesTests {
    /// The lines of an output that comes in pieces of the given lengths, the last of which goes on.
    static func lines(_ bytes: [UInt8], pieces: [Int] = []) -> (lines: [TextLine], steps: Int) {
        var lines = TextLines()
        var result: [TextLine] = []
        var rest = bytes[...]
        var pieces = pieces[...]
        while !rest.isEmpty {
            let piece = rest.prefix(pieces.popFirst() ?? rest.count)
            let chunk = LogChunk(
                offset: Int64(piece.startIndex), time: Date(microseconds: Int64(piece.startIndex)), stream: .output,
                bytes: ByteBuffer(bytes: piece))
            lines.append(chunk) { result.append($0) }
            rest = rest.dropFirst(piece.count)
        }
        lines.finish { result.append($0) }
        return (result, lines.steps)
    }

    static func text(_ output: String) -> [String] {
        lines(Array(output.utf8)).lines.map { String(decoding: $0.text, as: UTF8.self) }
    }

    @Test(
        "reads as a person would",
        arguments: [
            ("", []), ("a", ["a"]), ("a\nb", ["a", "b"]), ("a\r\nb\r\n", ["a", "b"]), ("\n\n", ["", ""]),
            ("10%\r50%\r100%\n", ["100%"]), ("100%\r50%\n", ["50%%"]), ("100%\r\u{1b}[K50%\n", ["50%"]),
            ("abc\u{8}\u{8}X\n", ["aXc"]), ("\u{8}a\n", ["a"]), ("a\tb\n", ["a\tb"]),
            ("a\tb\r12345678Z\n", ["12345678Z"]),
            ("a\tb\r1\t2\n", ["1\t2"]), ("a\tb\r1234\n", ["1234    b"]), ("a\u{0}\u{7}b\u{7f}\n", ["ab"]),
            ("a\u{b}b\u{c}c", ["a", "b", "c"]),
        ] as [(String, [String])])
    func readsAsAPersonWould(_ output: String, _ expected: [String]) {
        #expect(Self.text(output) == expected)
    }

    @Test(
        "leaves escape sequences out",
        arguments: [
            ("\u{1b}[1;31mred\u{1b}[0m\n", ["red"]), ("\u{1b}]0;title\u{7}x\n", ["x"]),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\\n", ["link"]), ("\u{1b}P1$qm\u{1b}\\x", ["x"]),
            ("\u{1b}(Bx\u{1b}[?25l\u{1b}[>4;2m\u{1b}[?2004h\n", ["x"]), ("\u{9b}31mx\u{9d}0;t\u{7}y", ["xy"]),
            ("\u{1b}[31", []), ("a\u{1b}[3\rb1mc\n", ["1mc"]),
            ("\u{1b}]0;t\u{1b}[31mx\n", ["x"]), ("\u{1b}[1\u{18}x", ["x"]), ("a\u{85}b", ["a", "b"]),
        ] as [(String, [String])])
    func leavesSequencesOut(_ output: String, _ expected: [String]) {
        #expect(Self.text(output) == expected)
    }

    @Test(
        "obeys what edits the line",
        arguments: [
            ("abc\u{1b}[2Dx\n", ["axc"]), ("abc\r\u{1b}[Cx\n", ["axc"]), ("a\u{1b}[3Cb\n", ["a   b"]),
            ("abc\u{1b}[2Gx\n", ["axc"]), ("abc\u{1b}[1K\n", ["   "]), ("abc\u{1b}[2Kd\n", ["   d"]),
            ("abcd\r\u{1b}[2Px\n", ["xd"]), ("abcd\r\u{1b}[2X\n", ["  cd"]), ("ab\r\u{1b}[2@x\n", ["x ab"]),
            ("abc\u{1b}[2J\u{1b}[Hd\n", ["abc", "d"]), ("a\u{1b}[5;3Hb\u{1b}[6;1Hc", ["a", "  b", "c"]),
            ("one\ntwo\u{1b}[1A\r\u{1b}[Kthree\n", ["one", "two", "three"]),
            ("\u{1b}[H\u{1b}[2J\u{1b}[3Jx\n", ["x"]),
            ("a\u{1b}[9999Cb\u{1b}[K\n", ["a" + String(repeating: " ", count: 998) + "b"]),
        ] as [(String, [String])])
    func obeysEditing(_ output: String, _ expected: [String]) {
        #expect(Self.text(output) == expected)
    }

    @Test(
        "keeps characters whole",
        arguments: [
            ("äöü €\r1\n", ["1öü €"]), ("日本\r語\n", ["語本"]), ("日本\rx\n", ["x 本"]), ("日本\u{8}x\n", ["日 x"]),
            ("e\u{301}x\rE\n", ["Ex"]), ("e\u{301}\u{8}a\n", ["a"]), ("👍🏽!\n", ["👍🏽!"]),
        ] as [(String, [String])])
    func keepsCharactersWhole(_ output: String, _ expected: [String]) {
        #expect(Self.text(output) == expected)
    }

    @Test func replacesWhatIsNotUTF8() {
        var random = SeededGenerator(seed: 7)
        let bytes: [UInt8] = [0x41, 0x80, 0xbf, 0xc2, 0xe0, 0xa0, 0xed, 0x9f, 0xf0, 0x90, 0xf4, 0x8f, 0xff, 0xc0, 0xe2]
        for _ in 0..<3000 {
            let output = (0..<Int.random(in: 1...8, using: &random)).compactMap { _ in
                bytes.randomElement(using: &random)
            }
            let expected = String(decoding: output, as: UTF8.self)
            // The controls of the upper half are not shown.
            guard !expected.unicodeScalars.contains(where: { (0x80...0x9f).contains($0.value) }) else { continue }
            let text = Self.lines(output).lines.map { String(decoding: $0.text, as: UTF8.self) }.joined()
            #expect(text == expected, "\(output)")
        }
    }

    @Test func tellsPlaceNumberAndTime() {
        let lines = Self.lines(Array("ab\n\u{1b}[1mc\r\nd".utf8), pieces: [2, 2]).lines
        #expect(lines.map(\.offset) == [0, 3, 10])
        #expect(lines.map(\.number) == [1, 2, 3])
        #expect(lines.map(\.time.microseconds) == [0, 2, 4])
        #expect(lines.map(\.isEnd) == [true, true, false])
    }

    @Test func handsALongLineOnInPieces() {
        let length = TextLines.maximumColumns * 2 + 5
        let output = Array(repeating: UInt8(ascii: "x"), count: length) + Array("\ny\n".utf8)
        let lines = Self.lines(output).lines
        #expect(lines.map(\.text.count) == [TextLines.maximumColumns, TextLines.maximumColumns, 5, 1])
        #expect(lines.map(\.isStart) == [true, false, false, true])
        #expect(lines.map(\.isEnd) == [false, false, true, true])
        #expect(lines.map(\.number) == [1, 1, 1, 2])
        #expect(lines.map(\.offset) == [0, 16_384, 32_768, Int64(length) + 1])
    }

    @Test("any chunking gives the same lines", arguments: 0..<UInt64(24))
    func anyChunkingGivesTheSameLines(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let output = Self.noise(6000, &random)
        let whole = Self.lines(output).lines
        for longest in [1, 3, 50, 2000] {
            let pieces = (0..<6000).map { _ in Int.random(in: 1...longest, using: &random) }
            let parts = Self.lines(output, pieces: pieces).lines
            #expect(parts.map(\.text) == whole.map(\.text))
            #expect(parts.map(\.offset) == whole.map(\.offset))
            #expect(parts.map(\.number) == whole.map(\.number))
            #expect(parts.map(\.isEnd) == whole.map(\.isEnd))
        }
        for line in whole {
            #expect(String(validating: line.text, as: UTF8.self) != nil)
            #expect(line.text.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 })
        }
    }

    @Test(
        "the work is linear",
        arguments: [
            "\u{1b}]0;", "\u{1b}[", "\u{1b}P", "\u{1b}[1K", "\u{1b}[2@", "\u{1b}[P", "x\r", "\t\u{8}",
            "\u{1b}[9999Cx\n",
            "日\u{8}", "e\u{301}\u{1b}[K", "x\u{1b}[999C\u{1b}[1K",
        ])
    func workIsLinear(_ unit: String) {
        func steps(_ count: Int) -> Int {
            var output = Array(repeating: UInt8(ascii: "a"), count: 990)
            while output.count < count { output += unit.utf8 }
            return Self.lines(output).steps
        }
        let (few, many) = (steps(10_000), steps(40_000))
        #expect(many <= few * 5)
        #expect(many <= 40_000 * 300)
    }

    @Test func anUnterminatedStringHidesNoMoreThanItsLimit() {
        let output = Array("\u{1b}]0;".utf8) + Array(repeating: UInt8(ascii: "x"), count: 1_000_000)
        let (lines, steps) = Self.lines(output)
        let shown = lines.reduce(0) { $0 + $1.text.count }
        #expect(shown >= 1_000_000 - EscapeParser.stringLimit)
        #expect(shown < 1_000_000)
        #expect(steps < 4_000_000)
    }

    /// Output made of what the parser has to tell apart.
    static func noise(_ count: Int, _ random: inout SeededGenerator) -> [UInt8] {
        let parts = [
            "plain text", "\n", "\r\n", "\r", "\u{8}", "\t", "\u{1b}[", "\u{1b}]0;", "\u{7}", "\u{1b}\\", "\u{1b}P",
            ";", "3",
            "12", "m", "K", "1K", "\u{1b}[2K", "\u{1b}[5C", "\u{1b}[3D", "\u{1b}[H", "\u{1b}[3;40H", "\u{1b}[2P",
            "\u{1b}[3@",
            "\u{1b}[4X", "ä", "日本", "e\u{301}", "👍🏽", "\u{9b}", "\u{85}", "\u{1b}M", "\u{1b}7", "\u{1b}(", "\u{18}",
            "\u{b}",
        ]
        var output: [UInt8] = []
        while output.count < count {
            switch Int.random(in: 0..<20, using: &random) {
            case 0: output.append(UInt8.random(in: 0...255, using: &random))
            case 1: output += Array(repeating: UInt8(ascii: "z"), count: Int.random(in: 1...3000, using: &random))
            case 2: output += (parts.randomElement(using: &random) ?? "").utf8.dropLast()
            default: output += (parts.randomElement(using: &random) ?? "").utf8
            }
        }
        return output
    }
}
