import NIOCore
import SrunTestSupport
import Testing

@testable import SrunKit

@Suite("Screen of a terminal", .timeLimit(.minutes(1)))
struct ScreenModelTests {
    private static let enter = "\u{1b}[?1049h"

    private func model(_ text: String, columns: Int = 8, rows: Int = 3) -> ScreenModel {
        var model = ScreenModel(TerminalSize(columns: columns, rows: rows))
        Array((Self.enter + text).utf8).withUnsafeBytes { model.feed($0) }
        return model
    }

    private func lines(_ model: ScreenModel) -> [String] {
        (model.grid?.lines ?? []).map { line in
            var text = String.UnicodeScalarView()
            for cell in line where cell.scalar != 0 {
                text.append(Unicode.Scalar(cell.scalar) ?? "?")
                if let mark = Unicode.Scalar(cell.mark), cell.mark != 0 { text.append(mark) }
            }
            var string = String(text)
            while string.last == " " { string.removeLast() }
            return string
        }
    }

    /// Whoever opens the job now is painted the screen and gets these bytes again.
    @Test(
        "knows how much of a sequence or a character is there",
        arguments: [
            ("ab", 0), ("ab\u{1b}", 1), ("ab\u{1b}[3", 3), ("ab\u{1b}[31m", 0), ("ab\u{1b}[31mc", 0),
            ("\u{1b}]0;ti", 6),
            ("\u{1b}]0;ti\u{1b}", 7), ("\u{1b}]0;ti\u{1b}\\", 0), ("\u{1b}[3\u{18}", 0), ("é", 0),
        ])
    func knowsWhatIsUnfinished(text: String, count: Int) {
        #expect(model(text).unfinishedBytes == count)
    }

    @Test func halfACharacterIsUnfinished() {
        var model = model("a")
        [UInt8]([0xe2, 0x82]).withUnsafeBytes { model.feed($0) }
        #expect(model.unfinishedBytes == 2)
        [UInt8]([0xac]).withUnsafeBytes { model.feed($0) }
        #expect(model.unfinishedBytes == 0)
        #expect(lines(model).first == "a€")
    }

    @Test(
        "shows what a terminal would show",
        arguments: [
            ("ab\r\ncd", ["ab", "cd", ""]),
            ("12345678", ["12345678", "", ""]),
            ("123456789", ["12345678", "9", ""]),
            ("12345678\r\nx", ["12345678", "x", ""]),
            ("a\nb\nc\nd", [" b", "  c", "   d"]),
            ("1\r\n2\r\n3\r\n4", ["2", "3", "4"]),
            ("abc\u{8}\u{8}X", ["aXc", "", ""]),
            ("a\tb", ["a       b", "", ""]),
            ("\u{1b}[2;3Hx\u{1b}[Ay\u{1b}[Bz", ["   y", "  x z", ""]),
            ("abcdef\u{1b}[3D\u{1b}[K", ["abc", "", ""]),
            ("abcdef\u{1b}[3D\u{1b}[1K", ["    ef", "", ""]),
            ("abcdef\u{1b}[3D\u{1b}[P", ["abcef", "", ""]),
            ("abcdef\u{1b}[3D\u{1b}[2@", ["abc  def", "", ""]),
            ("abcdef\u{1b}[3D\u{1b}[2X", ["abc  f", "", ""]),
            ("a\r\nb\r\nc\u{1b}[1;1H\u{1b}[L", ["", "a", "b"]),
            ("a\r\nb\r\nc\u{1b}[1;1H\u{1b}[M", ["b", "c", ""]),
            ("a\r\nb\r\nc\u{1b}[2;3r\u{1b}[3;1H\nd", ["a", "c", "d"]),
            ("a\r\nb\u{1b}[1;1H\u{1b}Mtop", ["top", "a", "b"]),
            ("\u{1b}(0lqk\u{1b}(Bx", ["┌─┐x", "", ""]),
            ("\u{1b})0\u{e}q\u{f}q", ["─q", "", ""]),
            ("日本x\u{1b}[1;2HZ", [" Z本x", "", ""]),
            ("1234567日", ["1234567", "日", ""]),
            ("e\u{301}a", ["e\u{301}a", "", ""]),
            ("\u{1b}[4habc\u{1b}[1;1HX", ["Xabc", "", ""]),
            ("\u{1b}[?7l123456789", ["12345679", "", ""]),
            ("ab\u{1b}[3b", ["abbbb", "", ""]),
            ("\u{1b}7ab\u{1b}8X", ["Xb", "", ""]),
            ("a\u{1b}]0;title\u{7}b\u{1b}P1$q\u{1b}\\c", ["abc", "", ""]),
            ("junk\u{1b}[2J\u{1b}[Hclean", ["clean", "", ""]),
            ("\u{1b}[?6h\u{1b}[2;3r\u{1b}[1;1Hx", ["", "x", ""]),
        ])
    func shows(_ text: String, _ expected: [String]) {
        let whole = model(text, columns: expected[0].contains("a       b") ? 12 : 8)
        #expect(lines(whole) == expected)
    }

    @Test func hasNoCellsWhileThereIsNoAlternateScreen() {
        var model = ScreenModel(TerminalSize(columns: 8, rows: 3))
        func feed(_ text: String) { Array(text.utf8).withUnsafeBytes { model.feed($0) } }
        feed("lines\r\n\u{1b}[31mred ")
        #expect(model.paint() == nil)
        feed("\u{1b}[?10")
        feed("49hx")
        #expect(lines(model) == ["x", "", ""])
        #expect(model.grid?[0, 0].style.foreground == 2, "what was set before holds")
        feed("\u{1b}[?1049l")
        #expect(model.grid == nil)
        feed("\u{1b}[?47h")
        #expect(lines(model) == ["", "", ""])
        feed("\u{1b}c")
        #expect(model.grid == nil)
    }

    @Test func readsColours() {
        let text =
            "\u{1b}[1;38;5;200;48;2;1;2;3ma\u{1b}[22;39;49mb\u{1b}[38:2::9:8:7;4:3mc\u{1b}[4:0;91;107md\u{1b}[7me\u{1b}[mf"
        let cells = model(text).grid.map { grid in (0..<6).map { grid[0, $0].style } } ?? []
        #expect(cells[0] == ScreenStyle(foreground: 201, background: ScreenStyle.direct | 0x010203, flags: .bold))
        #expect(cells[1] == .plain)
        #expect(cells[2] == ScreenStyle(foreground: ScreenStyle.direct | 0x090807, flags: .underline))
        #expect(cells[3] == ScreenStyle(foreground: 10, background: 16))
        #expect(cells[4] == ScreenStyle(foreground: 10, background: 16, flags: .reverse))
        #expect(cells[5] == .plain)
    }

    /// What programs write, and what they do not.
    private func noise(_ generator: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(Self.enter.utf8)
        for _ in 0..<Int.random(in: 1...60, using: &generator) {
            switch Int.random(in: 0..<9, using: &generator) {
            case 0: bytes.append(UInt8.random(in: 0...255, using: &generator))
            case 1:
                let texts = ["a", "bc", "日", "é", "e\u{301}", "😀", "\r\n", "\t", "\u{8}", "\u{e}", "\u{f}", "x y z"]
                bytes += Array((texts.randomElement(using: &generator) ?? "").utf8)
            case 2...5:
                bytes += [0x1b, 0x5b]
                for separator in ["", ";", ";"] where Bool.random(using: &generator) {
                    bytes += Array("\(separator)\(Int.random(in: 0...14, using: &generator))".utf8)
                }
                bytes.append(UInt8.random(in: 0x40...0x7a, using: &generator))
            case 6: bytes += [0x1b, UInt8.random(in: 0x20...0x7e, using: &generator)]
            case 7:
                let mode = [1, 5, 6, 7, 25, 47, 1000, 1049, 2004].randomElement(using: &generator) ?? 1
                bytes += Array("\u{1b}[?\(mode)\(Int.random(in: 0..<5, using: &generator) > 0 ? "h" : "l")".utf8)
            default:
                bytes += Array(
                    "\u{1b}[\(Int.random(in: 0...9, using: &generator));3\(Int.random(in: 0...8, using: &generator))m"
                        .utf8)
            }
        }
        return bytes
    }

    @Test("a painting makes the same screen of any other", arguments: 0..<4)
    func paintsItself(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<40 {
            let size = TerminalSize(
                columns: Int.random(in: 1...12, using: &generator), rows: Int.random(in: 1...6, using: &generator))
            var model = ScreenModel(size)
            let bytes = noise(&generator)
            bytes.withUnsafeBytes { model.feed($0) }
            guard let paint = model.paint() else { continue }
            var copy = ScreenModel(size)
            noise(&generator).withUnsafeBytes { copy.feed($0) }
            // A sequence that was left open would take the first of the painting.
            [UInt8(0x18)].withUnsafeBytes { copy.feed($0) }
            Array("\u{1b}[3g\u{1b}[?1049l".utf8).withUnsafeBytes { copy.feed($0) }
            var fresh = ScreenModel(size)
            for (name, tab) in [("used", false), ("fresh", true)] {
                var other = tab ? fresh : copy
                paint.withUnsafeBytes { other.feed($0) }
                #expect(other.grid == model.grid, "\(name): \(String(decoding: bytes, as: UTF8.self).debugDescription)")
                #expect(other.row == model.row && other.column == model.column, "\(name)")
                #expect(other.isWrapPending == model.isWrapPending)
                #expect(other.style == model.style)
                #expect(other.region == model.region)
                #expect(model.saved == nil || other.saved == model.saved)
                if tab {
                    #expect(other.modes == model.modes)
                    #expect((0..<size.columns).allSatisfy { other.tabs.contains($0) == model.tabs.contains($0) })
                }
            }
            fresh.resize(TerminalSize(columns: 3, rows: 2))
        }
    }

    @Test func aMarkFindsItsPlaceOnAScreenThatBecameSmaller() {
        var small = model("1234567")
        small.resize(TerminalSize(columns: 4, rows: 2))
        Array("\u{301}".utf8).withUnsafeBytes { small.feed($0) }
        #expect(lines(small) == ["123\u{301}4", ""])
    }

    @Test func aWideCharacterHasNoPlaceInOneColumn() {
        var narrow = model("日", columns: 1, rows: 1)
        #expect(lines(narrow) == ["\u{fffd}"])
        narrow.resize(TerminalSize(columns: 3, rows: 1))
        #expect(lines(narrow) == ["\u{fffd}"])
    }

    @Test func aSavedCursorStaysOnAScreenThatBecameSmaller() {
        var small = model("\u{1b}[3;8H\u{1b}7\u{1b}[H")
        small.resize(TerminalSize(columns: 4, rows: 2))
        var copy = ScreenModel(TerminalSize(columns: 4, rows: 2))
        let paint = small.paint()
        (paint ?? []).withUnsafeBytes { copy.feed($0) }
        #expect(copy.saved?.row == 1 && copy.saved?.column == 3)
        #expect(copy.paint() == paint)
    }

    @Test("chunks and sizes may be anything", arguments: 0..<4)
    func survivesAnything(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 100)
        for _ in 0..<30 {
            let size = TerminalSize(
                columns: Int.random(in: 1...12, using: &generator), rows: Int.random(in: 1...6, using: &generator))
            var whole = ScreenModel(size)
            var pieces = ScreenModel(size)
            let bytes = noise(&generator)
            bytes.withUnsafeBytes { whole.feed($0) }
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...9, using: &generator))
                Array(piece).withUnsafeBytes { pieces.feed($0) }
                rest = rest.dropFirst(piece.count)
            }
            #expect(pieces.grid == whole.grid)
            #expect(pieces.paint() == whole.paint())
            for _ in 0..<3 {
                pieces.resize(
                    TerminalSize(
                        columns: Int.random(in: 1...12, using: &generator),
                        rows: Int.random(in: 1...6, using: &generator)))
                noise(&generator).withUnsafeBytes { pieces.feed($0) }
                #expect(pieces.grid?.lines.allSatisfy { $0.count == pieces.columns } ?? true)
                #expect(pieces.row < pieces.rows && pieces.column < pieces.columns)
            }
        }
    }

    @Test("text before a screen is passed over to the byte", arguments: 0..<4)
    func findsWhatOutlastsALine(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed &+ 200)
        for _ in 0..<200 {
            // Long enough for several blocks, at any alignment, with what must be seen at any place in one.
            var bytes = [UInt8](repeating: 0x61, count: Int.random(in: 0...130, using: &generator))
            for byte in [0x0e, 0x0f, 0x1b] as [UInt8] where !bytes.isEmpty && Bool.random(using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = byte
            }
            let start = Int.random(in: 0...bytes.count, using: &generator)
            let found = bytes.withUnsafeBytes { $0[start...].firstIndexThatOutlasts }
            #expect(found == bytes[start...].firstIndex { [0x0e, 0x0f, 0x1b].contains($0) })
        }
    }

    @Test func whoeverOpensARunningProgramGetsItsScreen() async throws {
        let process = ScriptedProcess()
        try await withEngine(launcher: ScriptedLauncher { _ in process }) { engine in
            let job = try await engine.submit(try JobSpec(command: .shell("anything")))
            #expect(await engine.screen(of: job.id) == nil)
            process.print("history\r\n\u{1b}[?1049h\u{1b}[2;3Hhere")
            var feed = try await engine.follow(job.id)
            var end: Int64 = 0
            while end < 27, let chunks = try await feed.next() { end = chunks.last?.end ?? end }
            let screen = try #require(await engine.screen(of: job.id))
            #expect(screen.offset == end)
            #expect(screen.size == .standard)
            var shown = ScreenModel(screen.size)
            screen.paint.withUnsafeBytes { shown.feed($0) }
            #expect(lines(shown).prefix(2) == ["", "  here"])
            process.print("\u{1b}[?1049l")
            _ = try await feed.next()
            #expect(await engine.screen(of: job.id) == nil)
            process.end(.code(0))
        }
    }
}
