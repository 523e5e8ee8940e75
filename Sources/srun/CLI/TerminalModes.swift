/// A control sequence: what follows ESC [ up to and including its final byte (ECMA-48 §5.4).
struct ControlSequence: Sendable {
    let parameters: String
    let intermediates: String
    let final: UInt8

    init(_ bytes: [UInt8]) {
        let parameters = bytes.prefix { (0x30...0x3f).contains($0) }
        self.parameters = String(decoding: parameters, as: UTF8.self)
        intermediates = String(decoding: bytes.dropFirst(parameters.count).dropLast(), as: UTF8.self)
        final = bytes.last ?? 0
    }

    /// SGR; with a prefix such as `>` the same letter means something else.
    var isColour: Bool { final == UInt8(ascii: "m") && intermediates.isEmpty && hasPlainParameters }

    private var hasPlainParameters: Bool {
        parameters.utf8.allSatisfy { (0x30...0x3b).contains($0) }
    }

    /// The numbers of a DEC private mode sequence; nil for every other sequence.
    var privateModes: [Int]? {
        guard parameters.hasPrefix("?"), intermediates.isEmpty, [UInt8(ascii: "h"), UInt8(ascii: "l")].contains(final)
        else {
            return nil
        }
        return parameters.dropFirst().split(separator: ";").map { Int($0) ?? -1 }
    }

    var onlyChangesTheScreen: Bool {
        if let modes = privateModes { return modes.allSatisfy(TerminalModes.harmless.contains) }
        if final == UInt8(ascii: "q") { return intermediates == " " && hasPlainParameters }
        if final == UInt8(ascii: "p") { return intermediates == "!" && parameters.isEmpty }
        return intermediates.isEmpty && hasPlainParameters && "@ABCDEFGHJKLMPSTXZ`abdefghlmrsu".utf8.contains(final)
    }
}

extension ControlSequence {
    /// Mouse reports, focus reports, marks around what is pasted: what the terminal sends while a person uses it.
    var switchesInput: Bool {
        privateModes?.allSatisfy { TerminalModes.harmless.contains($0) || TerminalModes.input.contains($0) } ?? false
    }

    /// Where the cursor is, whether all is well, what kind of terminal this is (DSR, DA).
    var isQuestion: Bool {
        guard intermediates.isEmpty else { return false }
        return switch final {
        case UInt8(ascii: "n"): ["5", "6", "?6"].contains(parameters)
        case UInt8(ascii: "c"): ["", "0", ">", ">0"].contains(parameters)
        default: false
        }
    }
}

/// Remembers what a program has switched, to switch it back after it.
struct TerminalModes: Sendable {
    /// Cursor keys, origin, wrapping, blinking, cursor, the alternate screens, synchronized output.
    static let harmless: Set<Int> = [1, 6, 7, 12, 25, 47, 1047, 1048, 1049, 2026]
    static let input: Set<Int> = [9, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 2004]
    private static let onByDefault: Set<Int> = [7, 25]

    private var switched: Set<Int> = []
    private var hasColour = false
    private var hasCharset = false
    private var hasScrollRegion = false
    private var hasKeypad = false

    mutating func note(_ sequence: ControlSequence) {
        if let modes = sequence.privateModes {
            let isOn = sequence.final == UInt8(ascii: "h")
            for mode in modes {
                if isOn == Self.onByDefault.contains(mode) { switched.remove(mode) } else { switched.insert(mode) }
            }
        }
        if sequence.isColour { hasColour = true }
        if sequence.final == UInt8(ascii: "r") { hasScrollRegion = !sequence.parameters.isEmpty }
    }

    mutating func selectCharset(_ charset: UInt8) { hasCharset = charset != UInt8(ascii: "B") }

    mutating func selectKeypad(_ mode: UInt8) { hasKeypad = mode == UInt8(ascii: "=") }

    func reset() -> [UInt8] {
        var text = ""
        if hasScrollRegion { text += "\u{1b}7\u{1b}[r\u{1b}8" }
        for mode in switched.sorted() { text += "\u{1b}[?\(mode)\(Self.onByDefault.contains(mode) ? "h" : "l")" }
        if hasKeypad { text += "\u{1b}>" }
        if hasCharset { text += "\u{1b}(B" }
        if hasColour { text += "\u{1b}[0m" }
        return Array(text.utf8)
    }
}
