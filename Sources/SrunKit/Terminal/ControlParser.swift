/// Takes apart what a program writes to a terminal: every sequence with its parameters (ECMA-48 §5; the states are those of a
/// VT500). ``EscapeParser`` is the one for text, which needs less; this one is for a screen.
///
/// Bounded: a sequence has at most ``maximumParameters``, what exceeds a limit is ignored up to its end, and the content of strings
/// is not kept.
struct ControlParser: Sendable {
    enum Event: Sendable {
        case none
        /// A byte of text: ASCII, or a part of UTF-8.
        case text(UInt8)
        case control(UInt8)
        /// ESC, perhaps an intermediate byte (0 for none), and the final one.
        case escape(intermediate: UInt8, final: UInt8)
        /// CSI: its parameters are in ``ControlParser/parameters``.
        case sequence(marker: UInt8, intermediate: UInt8, final: UInt8)
    }

    private enum State {
        case ground, escape, sequence, ignoredSequence, string, stringEscape
    }

    static let maximumParameters = 16
    private static let maximumNumber = 99_999
    private static let stringLimit = 1 << 20

    private var state = State.ground
    private var intermediate: UInt8 = 0
    private var marker: UInt8 = 0
    private var stringLength = 0
    /// Those of the last sequence; -1 where none was given. Parts of one parameter (with colons) follow it, marked in `isPart`.
    private(set) var parameters: [Int] = []
    private(set) var isPart: UInt32 = 0

    init() { parameters.reserveCapacity(Self.maximumParameters) }

    var isInGround: Bool { state == .ground }

    /// The parameter at an index, or the default where there is none or 0.
    func number(_ index: Int, default value: Int = 1) -> Int {
        guard index < parameters.count, parameters[index] > 0 else { return value }
        return parameters[index]
    }

    mutating func accept(_ byte: UInt8) -> Event {
        switch state {
        case .ground: return ground(byte)
        case .string, .stringEscape: return string(byte)
        case .escape, .sequence, .ignoredSequence:
            switch byte {
            case 0x18, 0x1a:
                state = .ground
                return .none
            case 0x1b:
                begin()
                return .none
            case 0x00...0x1f: return .control(byte)
            case 0x7f: return .none
            case 0x80...:
                state = .ground
                return .text(byte)
            default: return state == .escape ? escape(byte) : sequence(byte)
            }
        }
    }

    private mutating func ground(_ byte: UInt8) -> Event {
        switch byte {
        case 0x1b:
            begin()
            return .none
        case 0x7f: return .none
        case 0x00...0x1f: return .control(byte)
        default: return .text(byte)
        }
    }

    private mutating func begin() {
        state = .escape
        intermediate = 0
        marker = 0
    }

    private mutating func escape(_ byte: UInt8) -> Event {
        switch byte {
        case 0x20...0x2f:
            intermediate = byte
        case UInt8(ascii: "[") where intermediate == 0:
            state = .sequence
            parameters.removeAll(keepingCapacity: true)
            isPart = 0
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "X"), UInt8(ascii: "^"), UInt8(ascii: "_"):
            guard intermediate == 0 else {
                state = .ground
                return .none
            }
            state = .string
            stringLength = 0
        default:
            state = .ground
            return .escape(intermediate: intermediate, final: byte)
        }
        return .none
    }

    private mutating func sequence(_ byte: UInt8) -> Event {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            if parameters.isEmpty { parameters.append(-1) }
            let last = parameters.count - 1
            parameters[last] = min(max(0, parameters[last]) * 10 + Int(byte - 0x30), Self.maximumNumber)
        case UInt8(ascii: ";"), UInt8(ascii: ":"):
            if parameters.isEmpty { parameters.append(-1) }
            guard parameters.count < Self.maximumParameters else {
                state = .ignoredSequence
                break
            }
            if byte == UInt8(ascii: ":") { isPart |= 1 << UInt32(parameters.count) }
            parameters.append(-1)
        case 0x3c...0x3f:
            if parameters.isEmpty, marker == 0 { marker = byte } else { state = .ignoredSequence }
        case 0x20...0x2f:
            intermediate = byte
        default:
            defer { state = .ground }
            return state == .sequence
                ? .sequence(marker: marker, intermediate: intermediate, final: byte) : .none
        }
        return .none
    }

    private mutating func string(_ byte: UInt8) -> Event {
        if state == .stringEscape {
            begin()
            // ESC \ ends the string; anything else begins a sequence.
            guard byte == UInt8(ascii: "\\") else { return accept(byte) }
            state = .ground
            return .none
        }
        stringLength += 1
        switch byte {
        case 0x1b: state = .stringEscape
        case 0x07, 0x18, 0x1a: state = .ground
        default: if stringLength >= Self.stringLimit { state = .ground }
        }
        return .none
    }
}
