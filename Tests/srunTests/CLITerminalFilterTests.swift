import Testing

@testable import srun

@Suite("Terminal filter")
struct CLITerminalFilterTests {
    private func filtered(_ text: String, _ policy: TerminalFilter.Policy) -> String {
        filtered(Array(text.utf8), policy)
    }

    /// Also checks that the result does not depend on where the output was cut.
    private func filtered(_ bytes: [UInt8], _ policy: TerminalFilter.Policy) -> String {
        var whole = TerminalFilter(policy)
        let text = String(decoding: whole.filter(bytes), as: UTF8.self)
        var single = TerminalFilter(policy)
        let pieces = bytes.flatMap { single.filter(CollectionOfOne($0)) }
        #expect(String(decoding: pieces, as: UTF8.self) == text)
        return text
    }

    @Test(arguments: [
        ("plain\ttext\r\n\u{8}", "plain\ttext\r\n\u{8}"),
        ("\u{1b}[31mred\u{1b}[0m", "\u{1b}[31mred\u{1b}[0m"),
        ("\u{1b}[38;5;1;48:2::1:2:3mx\u{1b}[m", "\u{1b}[38;5;1;48:2::1:2:3mx\u{1b}[m"),
        ("\u{1b}[2J", "^[[2J"),
        ("\u{1b}[>4;2m", "^[[>4;2m"),
        ("\u{1b}]0;title\u{7}", "^[]0;title^G"),
        ("\u{1b}]52;c;aGk=\u{1b}\\", "^[]52;c;aGk=^[\\"),
        ("\u{1b}\u{1b}[31m", "^[\u{1b}[31m"),
        ("\u{1b}[6n\u{0}\u{7f}", "^[[6n^@^?"),
        ("\u{1b}[31\nm", "^[[31\nm"),
        ("\u{9b}31m", "^[[31m"),
        ("żółć 漢字 🙂", "żółć 漢字 🙂"),
    ])
    func readingKeepsColoursAndShowsTheRest(_ input: String, _ output: String) {
        #expect(filtered(input, .colours) == output)
    }

    @Test(arguments: [
        ("\u{1b}[2J\u{1b}[1;1Htop\u{1b}[K", "\u{1b}[2J\u{1b}[1;1Htop\u{1b}[K"),
        ("\u{1b}[?1049h\u{1b}[?25l", "\u{1b}[?1049h\u{1b}[?25l"),
        ("\u{1b}[6n\u{1b}[c\u{1b}[>c\u{1b}[18tx", "x"),
        ("\u{1b}[?1000h\u{1b}[?2004hx", "x"),
        ("\u{1b}]52;c;aGk=\u{7}x\u{1b}]0;title\u{1b}\\y", "xy"),
        ("\u{1b}P+q544e\u{1b}\\x", "x"),
        ("\u{1b}(0lqk\u{1b}(B", "\u{1b}(0lqk\u{1b}(B"),
        ("\u{5}x", "x"),
        ("\u{1b}7\u{1b}8\u{1b}M", "\u{1b}7\u{1b}8\u{1b}M"),
    ])
    func watchingKeepsTheScreenAndDropsTheRest(_ input: String, _ output: String) {
        #expect(filtered(input, .screen) == output)
    }

    @Test func invalidBytesBecomeReplacements() {
        #expect(filtered([0xff, 0x41, 0xc3, 0x41, 0x80], .colours) == "\u{fffd}A\u{fffd}A\u{fffd}")
        #expect(filtered([0xed, 0xa0, 0x80], .colours) == "\u{fffd}")
    }

    @Test func unterminatedStringDoesNotSwallowEverything() {
        let text = "\u{1b}]0;" + String(repeating: "a", count: 10_000) + "end"
        #expect(filtered(text, .screen).hasSuffix("end"))
    }

    @Test func endlessSequenceIsShown() {
        let text = "\u{1b}[" + String(repeating: "1", count: 100) + "m"
        #expect(filtered(text, .colours) == "^[[" + String(repeating: "1", count: 100) + "m")
    }

    @Test func leavesTheTerminalAsItWas() {
        var filter = TerminalFilter(.screen)
        _ = filter.filter("\u{1b}[?1049h\u{1b}[?25l\u{1b}[1;5r\u{1b}(0\u{1b}[31m".utf8)
        let reset = String(decoding: filter.finish(), as: UTF8.self)
        for part in ["\u{1b}[r", "\u{1b}[?1049l", "\u{1b}[?25h", "\u{1b}(B", "\u{1b}[0m"] {
            #expect(reset.contains(part))
        }
        var untouched = TerminalFilter(.screen)
        _ = untouched.filter("plain\n".utf8)
        #expect(untouched.finish().isEmpty)
        var tidy = TerminalFilter(.screen)
        _ = tidy.filter("\u{1b}[?1049h\u{1b}[?1049l".utf8)
        #expect(tidy.finish().isEmpty)
    }
}
