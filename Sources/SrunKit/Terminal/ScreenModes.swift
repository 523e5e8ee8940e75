/// What a program has set a terminal to, beside what is on it.
struct ScreenModes: Hashable, Sendable {
    var isInsert = false
    var wraps = true
    var isOrigin = false
    var addsReturn = false
    var isCursorShown = true
    /// As in the sequence that sets it; 0 is the terminal's own.
    var cursorShape = 0
    var hasApplicationKeypad = false
    /// Private modes that a terminal only reports by, or shows as a whole: they are set again as they are.
    var others: Set<Int> = []
    /// Which of G0 and G1 has the line drawing characters.
    var isDrawing = [false, false]
    /// The one of both that is in use.
    var set = 0

    /// Keys of the cursor, reverse screen, mouse reports in their forms, focus, pasted text in brackets.
    static let kept: Set<Int> = [1, 5, 9, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 2004]

    /// A run of ASCII can be written as it is.
    var isPlainText: Bool { !isInsert && !isDrawing[set] }

    /// ASCII in the character set in use (VT100 special graphics).
    func translated(_ byte: UInt8) -> UInt32 {
        guard isDrawing[set], (0x60...0x7e).contains(byte) else { return UInt32(byte) }
        return Self.graphics[Int(byte - 0x60)]
    }

    private static let graphics = Array("◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·".unicodeScalars.map(\.value))
}

/// Where a tab ends: every eighth column, unless a program said otherwise.
struct TabStops: Hashable, Sendable {
    private var added: Set<Int> = []
    private var removed: Set<Int> = []
    private var isEveryEighth = true

    func contains(_ column: Int) -> Bool {
        added.contains(column) || isEveryEighth && column.isMultiple(of: 8) && !removed.contains(column)
    }

    mutating func set(_ column: Int) {
        guard !contains(column) else { return }
        removed.remove(column)
        added.insert(column)
    }

    mutating func clear(_ column: Int) {
        guard contains(column) else { return }
        added.remove(column)
        removed.insert(column)
    }

    mutating func clearAll() {
        added = []
        removed = []
        isEveryEighth = false
    }

    /// The sequences that make these of the usual ones; nil when they are the usual ones.
    func sequence(columns: Int) -> String? {
        guard self != TabStops() else { return nil }
        var text = "\u{1b}[3g"
        for column in 0..<columns where contains(column) { text += "\u{1b}[1;\(column + 1)H\u{1b}H" }
        return text
    }
}
