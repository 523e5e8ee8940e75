import Testing

@testable import srun

@Suite("Keys that leave a job") struct DetachKeysTests {
    @Test(
        arguments: [
            (#"ctrl-\"#, [0x1c]), ("ctrl-]", [0x1d]), ("Ctrl-P,ctrl-q", [0x10, 0x11]), ("ctrl-a,d", [0x01, 0x64]),
            ("none", []), ("ctrl-@", [0]),
        ] as [(String, [UInt8])])
    func reads(_ text: String, _ bytes: [UInt8]) {
        #expect(DetachKeys(text)?.bytes == bytes)
    }

    @Test(arguments: ["", "ctrl-", "ctrl-1", "ab", "ctrl-a,", "é", "ctrl-é", "a,b,c,d,e,f,g,h,i"])
    func refuses(_ text: String) {
        #expect(DetachKeys(text) == nil)
    }

    private func scan(_ keys: String, _ pieces: [String]) throws -> (String, Bool) {
        var scanner = DetachScanner(try #require(DetachKeys(keys)))
        var sent: [UInt8] = []
        for piece in pieces {
            let (bytes, leaves) = scanner.scan(piece.utf8)
            sent += bytes
            if leaves { return (String(decoding: sent, as: UTF8.self), true) }
        }
        return (String(decoding: sent, as: UTF8.self), false)
    }

    @Test(
        "finds the keys wherever the pieces end",
        arguments: [
            ("a,b", ["xxabyy"], "xx", true), ("a,b", ["xxa", "b"], "xx", true), ("a,b", ["a", "c"], "ac", false),
            ("a,b", ["aab"], "a", true), ("a,a,b", ["aaab"], "a", true), ("a,b,a,c", ["abab", "ac"], "ab", true),
            ("a,b", ["xa"], "x", false), ("none", ["anything"], "anything", false),
            (#"ctrl-\"#, ["q\u{1c}"], "q", true),
        ])
    func finds(_ keys: String, _ pieces: [String], _ sent: String, _ leaves: Bool) throws {
        let result = try scan(keys, pieces)
        #expect(result.0 == sent)
        #expect(result.1 == leaves)
    }
}

@Suite("Typed input", .timeLimit(.minutes(1))) struct OutgoingInputTests {
    @Test func sendsNoMoreThanTheServerTakes() {
        let input = OutgoingInput()
        input.type([UInt8](repeating: 1, count: 100_000))
        #expect(input.nextPiece() == nil)
        input.open()
        #expect(input.nextPiece()?.count == 32_768)
        #expect(input.nextPiece()?.count == 32_768)
        #expect(input.nextPiece() == nil)
        input.didTake(upTo: 40_000)
        #expect(input.nextPiece()?.count == 32_768)
        #expect(input.nextPiece()?.count == 100_000 - 3 * 32_768)
        #expect(input.nextPiece() == nil)
    }

    @Test func aServerThatSaysNonsenseChangesNothing() {
        let input = OutgoingInput()
        input.open()
        input.type([1])
        input.didTake(upTo: 99)
        #expect(input.nextPiece() == [1])
    }
}

@Suite("Sitting at a job's terminal") struct TerminalPolicyTests {
    private func shown(_ text: String, isLive: Bool) -> String {
        var filter = TerminalFilter(.terminal(isLive: isLive))
        return String(decoding: filter.filter(text.utf8), as: UTF8.self)
    }

    @Test(arguments: ["\u{1b}[?1000h", "\u{1b}[?2004h", "\u{1b}[?1049;1006h", "\u{1b}=", "\u{1b}[2J"])
    func letsThroughWhatAPersonNeeds(_ text: String) {
        #expect(shown(text, isLive: false) == text)
    }

    @Test(arguments: ["\u{1b}[6n", "\u{1b}[5n", "\u{1b}[c", "\u{1b}[>c"])
    func asksOnlyWhenLive(_ text: String) {
        #expect(shown(text, isLive: true) == text)
        #expect(shown(text, isLive: false) == "")
    }

    @Test(arguments: [
        "\u{1b}]0;title\u{7}", "\u{1b}]52;c;YQ==\u{7}", "\u{1b}P+q544e\u{1b}\\", "\u{1b}[>1u", "\u{1b}[21t",
    ])
    func keepsTitleAndClipboard(_ text: String) {
        #expect(shown(text, isLive: true) == "")
    }

    @Test func switchesEverythingBack() {
        var filter = TerminalFilter(.terminal(isLive: true))
        _ = filter.filter("\u{1b}[?1000h\u{1b}[?2004h\u{1b}=".utf8)
        let reset = String(decoding: filter.finish(), as: UTF8.self)
        #expect(reset == "\u{1b}[?1000l\u{1b}[?2004l\u{1b}>")
    }
}
