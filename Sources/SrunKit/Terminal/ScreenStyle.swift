/// How a character looks (SGR).
struct ScreenStyle: Hashable, Sendable {
    /// 0 is the terminal's own; 1...256 the palette from 0 on; with bit 24 set, red, green and blue.
    typealias Color = UInt32

    static let direct: Color = 1 << 24

    struct Flags: OptionSet, Hashable, Sendable {
        let rawValue: UInt16

        static let bold = Flags(rawValue: 1)
        static let faint = Flags(rawValue: 2)
        static let italic = Flags(rawValue: 4)
        static let underline = Flags(rawValue: 8)
        static let blink = Flags(rawValue: 16)
        static let reverse = Flags(rawValue: 32)
        static let hidden = Flags(rawValue: 64)
        static let struck = Flags(rawValue: 128)
    }

    var foreground: Color = 0
    var background: Color = 0
    var flags: Flags = []

    static let plain = ScreenStyle()

    /// Flags by the parameter that sets them, and the one that takes them away.
    private static let flagCodes: [(code: Int, flag: Flags, off: Int)] = [
        (1, .bold, 22), (2, .faint, 22), (3, .italic, 23), (4, .underline, 24), (5, .blink, 25), (7, .reverse, 27),
        (8, .hidden, 28), (9, .struck, 29),
    ]

    /// Obeys a sequence that ends with `m`.
    mutating func apply(_ parser: ControlParser) {
        let parameters = parser.parameters
        if parameters.isEmpty { self = .plain }
        var index = 0
        while index < parameters.count {
            let code = max(0, parameters[index])
            var next = index + 1
            while next < parameters.count, parser.isPart & (1 << UInt32(next)) != 0 { next += 1 }
            switch code {
            case 0: self = .plain
            case 4 where next > index + 1 && parameters[index + 1] == 0: flags.remove(.underline)
            case 1...5, 7...9: for entry in Self.flagCodes where entry.code == code { flags.insert(entry.flag) }
            case 6: flags.insert(.blink)
            case 21: flags.insert(.underline)
            case 22...25, 27...29: for entry in Self.flagCodes where entry.off == code { flags.remove(entry.flag) }
            case 30...37: foreground = Color(code - 30 + 1)
            case 39: foreground = 0
            case 40...47: background = Color(code - 40 + 1)
            case 49: background = 0
            case 90...97: foreground = Color(code - 90 + 9)
            case 100...107: background = Color(code - 100 + 9)
            case 38, 48, 58:
                let (color, end) = Self.color(parameters, from: index + 1, parts: next)
                if let color, code == 38 { foreground = color }
                if let color, code == 48 { background = color }
                next = end
            default: break
            }
            index = next
        }
    }

    /// A color as `5;n` or `2;r;g;b`, or with colons, where an empty part for the color space may stand before the red.
    private static func color(_ parameters: [Int], from start: Int, parts: Int) -> (Color?, Int) {
        guard start < parameters.count else { return (nil, parameters.count) }
        let hasParts = parts > start
        let end = hasParts ? parts : parameters.count
        func byte(_ index: Int) -> Color? {
            index < end && parameters[index] <= 255 ? Color(max(0, parameters[index])) : nil
        }
        switch parameters[start] {
        case 5: return (byte(start + 1).map { $0 + 1 }, hasParts ? parts : min(end, start + 2))
        case 2:
            let first = hasParts && parts - start >= 5 ? start + 2 : start + 1
            let after = hasParts ? parts : min(end, start + 4)
            guard let red = byte(first), let green = byte(first + 1), let blue = byte(first + 2) else {
                return (nil, after)
            }
            return (direct | red << 16 | green << 8 | blue, after)
        default: return (nil, hasParts ? parts : start + 1)
        }
    }

    /// The sequence that sets exactly this style.
    var sequence: String {
        var codes = ["0"]
        for entry in Self.flagCodes where flags.contains(entry.flag) { codes.append("\(entry.code)") }
        codes += Self.codes(foreground, base: 30)
        codes += Self.codes(background, base: 40)
        return "\u{1b}[\(codes.joined(separator: ";"))m"
    }

    private static func codes(_ color: Color, base: Int) -> [String] {
        switch color {
        case 0: []
        case 1...8: ["\(base + Int(color) - 1)"]
        case 9...16: ["\(base + 60 + Int(color) - 9)"]
        case 17...256: ["\(base + 8);5;\(color - 1)"]
        default: ["\(base + 8);2;\(color >> 16 & 255);\(color >> 8 & 255);\(color & 255)"]
        }
    }
}

/// One place of a screen.
struct ScreenCell: Hashable, Sendable {
    /// A space where nothing was written; 0 under the second half of a wide character.
    var scalar: UInt32 = 0x20
    /// A mark upon the character; 0 for none.
    var mark: UInt32 = 0
    var style = ScreenStyle.plain

    static let blank = ScreenCell()
}
