/// Makes a job's output safe to show on a terminal: it comes from somebody else, and a terminal obeys what it is told.
///
/// A byte state machine: its work is linear in the input and it keeps at most one unfinished sequence between calls.
struct TerminalFilter: Sendable {
    enum Policy: Sendable {
        /// For reading: colours, backspace, tab and line ends. Every other control character is made visible.
        case colours
        /// For watching a program: also what moves the cursor and clears. What makes a terminal answer, or changes more
        /// than the screen (title, clipboard, mouse), is left out.
        case screen
        /// For sitting at the job's terminal: also the mouse, marks around what is pasted, and, when live, what asks the terminal
        /// something, as the answer goes to whoever asked. Title and clipboard stay ours.
        case terminal(isLive: Bool)

        fileprivate var isColours: Bool { if case .colours = self { true } else { false } }

        fileprivate func allows(_ control: ControlSequence) -> Bool {
            switch self {
            case .colours: control.isColour
            case .screen: control.onlyChangesTheScreen
            case .terminal(let isLive):
                control.onlyChangesTheScreen || control.switchesInput || (isLive && control.isQuestion)
            }
        }
    }

    private enum State {
        case ground
        case escape
        /// After ESC and an intermediate byte, as in ESC ( B.
        case escapeIntermediate(UInt8)
        case controlSequence
        /// An operating system command or another string, dropped up to its end.
        case string(length: Int)
        case stringEscape(length: Int)
    }

    /// No sequence that is let through is longer.
    private static let sequenceLimit = 64
    /// An unterminated string must not swallow everything after it.
    private static let stringLimit = 4096

    var policy: Policy
    private var state = State.ground
    private var sequence: [UInt8] = []
    private var text = UTF8Text()
    private var modes = TerminalModes()

    init(_ policy: Policy) { self.policy = policy }

    /// The part of the output that may be shown; what is unfinished follows with the next call.
    mutating func filter(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        for byte in bytes { accept(byte, into: &output) }
        return output
    }

    /// What to write after the last output, so that the terminal is as it was before.
    mutating func finish() -> [UInt8] {
        var output: [UInt8] = []
        text.end(into: &output)
        state = .ground
        return output + modes.reset()
    }

    private mutating func accept(_ byte: UInt8, into output: inout [UInt8]) {
        switch state {
        case .ground: acceptText(byte, into: &output)
        case .escape: acceptEscape(byte, into: &output)
        case .escapeIntermediate(let first):
            state = .ground
            if first == UInt8(ascii: "("), [UInt8(ascii: "0"), UInt8(ascii: "A"), UInt8(ascii: "B")].contains(byte) {
                modes.selectCharset(byte)
                output += [0x1b, first, byte]
            }
        case .controlSequence: acceptControlSequence(byte, into: &output)
        case .string(let length):
            switch byte {
            case 0x1b: state = .stringEscape(length: length + 1)
            case 0x07, 0x18, 0x1a: state = .ground
            default: state = length < Self.stringLimit ? .string(length: length + 1) : .ground
            }
        case .stringEscape(let length):
            state = byte == UInt8(ascii: "\\") ? .ground : .string(length: length + 1)
        }
    }

    private mutating func acceptText(_ byte: UInt8, into output: inout [UInt8]) {
        if byte >= 0x80 {
            text.accept(byte, into: &output)
            return
        }
        text.end(into: &output)
        switch byte {
        case 0x1b: state = .escape
        case 0x20...0x7e, 0x08...0x0a, 0x0d: output.append(byte)
        case _ where policy.isColours: output += Self.visible(byte)
        case 0x07, 0x0b...0x0c, 0x0e...0x0f: output.append(byte)
        default: break
        }
    }

    private mutating func acceptEscape(_ byte: UInt8, into output: inout [UInt8]) {
        if byte == UInt8(ascii: "[") {
            state = .controlSequence
            sequence = []
            return
        }
        state = .ground
        guard !policy.isColours else {
            output += Self.visible(0x1b)
            accept(byte, into: &output)
            return
        }
        switch byte {
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            state = .string(length: 0)
        case 0x20...0x2f: state = .escapeIntermediate(byte)
        case UInt8(ascii: "7"), UInt8(ascii: "8"), UInt8(ascii: "D"), UInt8(ascii: "E"), UInt8(ascii: "H"),
            UInt8(ascii: "M"):
            output += [0x1b, byte]
        case UInt8(ascii: "="), UInt8(ascii: ">"):
            guard case .terminal = policy else { break }
            modes.selectKeypad(byte)
            output += [0x1b, byte]
        case 0x1b: state = .escape
        case 0x00...0x1f: accept(byte, into: &output)
        default: break
        }
    }

    private mutating func acceptControlSequence(_ byte: UInt8, into output: inout [UInt8]) {
        guard (0x20...0x7e).contains(byte), sequence.count < Self.sequenceLimit else {
            state = .ground
            if policy.isColours { output += Self.visible(0x1b) + [UInt8(ascii: "[")] + sequence }
            accept(byte, into: &output)
            return
        }
        sequence.append(byte)
        guard byte >= 0x40 else { return }
        state = .ground
        let control = ControlSequence(sequence)
        if policy.allows(control) {
            modes.note(control)
            output += [0x1b, UInt8(ascii: "[")] + sequence
        } else if policy.isColours {
            output += Self.visible(0x1b) + [UInt8(ascii: "[")] + sequence
        }
    }

    private static func visible(_ byte: UInt8) -> [UInt8] { [UInt8(ascii: "^"), byte ^ 0x40] }
}

/// Passes whole UTF-8 characters on; what is not one becomes U+FFFD, and a C1 control character becomes visible.
private struct UTF8Text {
    private static let replacement: [UInt8] = [0xef, 0xbf, 0xbd]
    private var pending: [UInt8] = []

    mutating func accept(_ byte: UInt8, into output: inout [UInt8]) {
        if byte & 0xc0 != 0x80 { end(into: &output) }
        pending.append(byte)
        let length = Self.length(pending.first ?? 0)
        if length == 0 {
            end(into: &output)
        } else if pending.count == length {
            if pending.first == 0xc2, let last = pending.last, last < 0xa0 {
                // U+0080 to U+009F are the same commands as ESC and a letter.
                output += [UInt8(ascii: "^"), UInt8(ascii: "["), last - 0x40]
            } else {
                output += String(validating: pending, as: UTF8.self) == nil ? Self.replacement : pending
            }
            pending = []
        }
    }

    /// Whatever is unfinished will not be finished any more.
    mutating func end(into output: inout [UInt8]) {
        if !pending.isEmpty { output += Self.replacement }
        pending = []
    }

    private static func length(_ first: UInt8) -> Int {
        switch first {
        case 0xc2...0xdf: 2
        case 0xe0...0xef: 3
        case 0xf0...0xf4: 4
        default: 0
        }
    }
}
