/// ``TerminalFilter``: what of a job's output may reach the reader's terminal.
enum FilterTarget: FuzzTarget {
    static let name = "filter"

    static let seeds: [[UInt8]] = [
        "\u{1b}[31mred\u{1b}[m\u{1b}]52;c;aGk=\u{7}\u{1b}]8;;javascript:x\u{1b}\\y",
        "\u{1b}[6n\u{1b}[c\u{1b}[?1049h\u{1b}[?2004h\u{9b}6n",
        "\u{1b}P+q544e\u{1b}\\\u{1b}[>0q\u{1b}[?1000h\u{1b}[21t\u{1b}#8\u{1b}(0\u{1b}=",
        "\u{1b}_x\u{1b}\u{1b}[6n\u{1b}^\u{1b}X\u{18}日\u{90}",
    ].flatMap { text in (0...3).map { [$0, 5] + Array(text.utf8) } }

    static func run(_ input: inout FuzzInput) {
        let policies: [TerminalFilter.Policy] = [
            .colours, .screen, .terminal(isLive: false), .terminal(isLive: true),
        ]
        let number = input.next(below: policies.count)
        let cut = input.next()
        let bytes = input.rest()
        var filter = TerminalFilter(policies[number])
        let whole = filter.filter(bytes)
        var other = TerminalFilter(policies[number])
        let pieced = bytes.pieces(cut).flatMap { other.filter($0.readableBytesView) }
        expect(whole == pieced, "pieces are filtered otherwise")
        expect(whole.count <= 64 + bytes.count * 4, "\(bytes.count) bytes become \(whole.count)")
        let ending = filter.finish()
        expect(ending == other.finish(), "pieces end otherwise")
        check(whole, number)
    }

    /// Reads what came out as a terminal would, in the simplest way, and lets nothing pass that asks or steers.
    private static func check(_ bytes: [UInt8], _ policy: Int) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            return expect(false, "what came out is not UTF-8")
        }
        var scalars = text.unicodeScalars.map(\.value)[...]
        while let scalar = scalars.popFirst() {
            expect(!(0x80...0x9f).contains(scalar), "an 8-bit control character came through")
            guard scalar == 0x1b else {
                expect(
                    policy != 0 || scalar >= 0x20 || [8, 9, 10, 13].contains(scalar), "control \(scalar) came through")
                continue
            }
            guard let kind = scalars.popFirst() else { return }
            expect(!"]P_^XN O".unicodeScalars.contains { $0.value == kind }, "ESC \(kind) came through")
            expect(policy != 0 || kind == 0x5b, "ESC \(kind) came through while reading")
            guard kind == 0x5b else { continue }
            let sequence = Array(scalars.prefix { $0 < 0x40 })
            scalars = scalars.dropFirst(sequence.count)
            guard let final = scalars.popFirst() else { return }
            check(sequence, UInt8(truncatingIfNeeded: final), policy)
        }
    }

    private static func check(_ parameters: [UInt32], _ final: UInt8, _ policy: Int) {
        switch final {
        case UInt8(ascii: "m"): break
        case UInt8(ascii: "c"), UInt8(ascii: "n"): expect(policy == 3, "a question came through")
        case UInt8(ascii: "t"), UInt8(ascii: "x"), UInt8(ascii: "y"), UInt8(ascii: "i"):
            expect(false, "CSI \(Character(Unicode.Scalar(final))) came through")
        default: expect(policy != 0, "CSI \(Character(Unicode.Scalar(final))) came through while reading")
        }
        if final == UInt8(ascii: "m") {
            expect(parameters.allSatisfy { (0x30...0x3b).contains($0) }, "what is no colour came through")
        }
    }
}
