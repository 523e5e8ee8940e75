/// Tells text from control in what a program writes to a terminal (ECMA-48 §5, and the strings that xterm added).
///
/// A byte state machine: one step per byte, and between two bytes it keeps a few numbers, never bytes. A sequence or a string
/// that does not end is given up at its limit, and what follows is text again.
struct EscapeParser: Sendable {
    enum Event: Hashable, Sendable {
        /// Part of a sequence, or of no meaning for text.
        case none
        case text(UInt8)
        /// A control character of ASCII, other than escape.
        case control(UInt8)
        /// ESC and one byte.
        case escape(UInt8)
        /// ESC [ with the first two parameters.
        case sequence(final: UInt8, first: Int?, second: Int?)
    }

    private enum State {
        case ground
        case escape
        /// After ESC and an intermediate byte, as in ESC ( B.
        case escapeIntermediate
        case sequence(length: Int)
        /// An operating system command, a device control string and their like: dropped.
        case string(length: Int)
        case stringEscape
    }

    static let sequenceLimit = 256
    static let stringLimit = 4096
    /// A larger number is as good as this one.
    private static let parameterLimit = 9999

    private var state = State.ground
    private var parameters: (first: Int?, second: Int?) = (nil, nil)
    private var parameterIndex = 0
    /// It has a private marker or an intermediate byte: none of those changes text.
    private var isForeign = false

    /// The next byte is not part of a sequence.
    var isInGround: Bool { if case .ground = state { true } else { false } }

    mutating func accept(_ byte: UInt8) -> Event {
        switch state {
        case .ground: acceptGround(byte)
        case .escape, .escapeIntermediate: acceptEscape(byte)
        case .sequence(let length): acceptSequence(byte, length + 1)
        case .string(let length): acceptString(byte, length + 1)
        case .stringEscape: acceptStringEscape(byte)
        }
    }

    /// A control character of the upper half (U+0080 to U+009F): the same as ESC and a letter.
    mutating func acceptUpper(_ scalar: UInt32) -> Event {
        guard let letter = UInt8(exactly: scalar &- 0x40) else { return .none }
        state = .escape
        return accept(letter)
    }

    private mutating func acceptGround(_ byte: UInt8) -> Event {
        switch byte {
        case 0x1b: state = .escape
        case 0x7f: break
        case 0x00...0x1f: return .control(byte)
        default: return .text(byte)
        }
        return .none
    }

    private mutating func acceptEscape(_ byte: UInt8) -> Event {
        let isFirst = if case .escape = state { true } else { false }
        switch byte {
        case 0x1b: state = .escape
        case 0x18, 0x1a: state = .ground
        // Terminals do what a control character says also in the middle of a sequence.
        case 0x00...0x1f: return .control(byte)
        case 0x20...0x2f: state = .escapeIntermediate
        case 0x7f: break
        case 0x80...: return text(byte)
        case UInt8(ascii: "[") where isFirst:
            state = .sequence(length: 0)
            parameters = (nil, nil)
            parameterIndex = 0
            isForeign = false
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            state = isFirst ? .string(length: 0) : .ground
        default:
            state = .ground
            return isFirst ? .escape(byte) : .none
        }
        return .none
    }

    private mutating func acceptSequence(_ byte: UInt8, _ length: Int) -> Event {
        state = length < Self.sequenceLimit ? .sequence(length: length) : .ground
        switch byte {
        case 0x1b: state = .escape
        case 0x18, 0x1a: state = .ground
        case 0x00...0x1f: return .control(byte)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): addDigit(Int(byte - UInt8(ascii: "0")))
        case UInt8(ascii: ";"): parameterIndex += 1
        case 0x20...0x3f: isForeign = true
        case 0x7f: break
        case 0x80...: return text(byte)
        default:
            state = .ground
            return isForeign ? .none : .sequence(final: byte, first: parameters.first, second: parameters.second)
        }
        return .none
    }

    private mutating func addDigit(_ digit: Int) {
        func extended(_ number: Int?) -> Int { min((number ?? 0) * 10 + digit, Self.parameterLimit) }
        switch parameterIndex {
        case 0: parameters.first = extended(parameters.first)
        case 1: parameters.second = extended(parameters.second)
        default: break
        }
    }

    private mutating func acceptString(_ byte: UInt8, _ length: Int) -> Event {
        switch byte {
        case 0x1b: state = .stringEscape
        case 0x07, 0x18, 0x1a: state = .ground
        default: state = length < Self.stringLimit ? .string(length: length) : .ground
        }
        return .none
    }

    private mutating func acceptStringEscape(_ byte: UInt8) -> Event {
        state = .escape
        guard byte == UInt8(ascii: "\\") else { return accept(byte) }
        state = .ground
        return .none
    }

    private mutating func text(_ byte: UInt8) -> Event {
        state = .ground
        return .text(byte)
    }
}
