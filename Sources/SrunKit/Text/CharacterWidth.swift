/// How many columns of a terminal a character takes.
///
/// Swift's standard library does not know East Asian width; these are the blocks of wide characters (Unicode TR 11), not every
/// character. A wrong answer can only misplace what a program writes over such a character.
enum CharacterWidth {
    static func columns(of scalar: UInt32) -> Int {
        if scalar < 0x300 { return 1 }
        if wide.contains(where: { $0.contains(scalar) }) { return 2 }
        return isMark(scalar) ? 0 : 1
    }

    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0xa000...0xa4cf,
        0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x1f300...0x1f64f,
        0x1f680...0x1f6ff, 0x1f900...0x1f9ff, 0x20000...0x3fffd,
    ]

    /// It is drawn upon the character before it, or not at all.
    private static func isMark(_ scalar: UInt32) -> Bool {
        guard let scalar = Unicode.Scalar(scalar) else { return false }
        return switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: true
        default: false
        }
    }
}
