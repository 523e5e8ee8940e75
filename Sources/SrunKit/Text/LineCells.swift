/// One line of a terminal that is being written: characters in columns and a cursor.
///
/// Its size is bounded: ``limit`` columns, and at most ``marksPerCharacter`` marks upon a character. What a program does to
/// columns beyond ``editedColumns``, which no terminal of a job has, is not followed, so every operation costs a bounded number
/// of steps.
struct LineCells: Sendable {
    static let limit = 16_384
    static let editedColumns = 1000
    static let marksPerCharacter = 8
    private static let tabWidth = 8

    /// A scalar, or ``filler`` in the further columns of a tab or a wide character.
    private var cells: [UInt32] = []
    private static let filler = UInt32.max
    private static let space: UInt32 = 0x20
    private static let tab: UInt32 = 0x09
    /// What is drawn upon the character of a column.
    private var marks: [Int: [UInt32]] = [:]
    private(set) var cursor = 0
    /// How many columns were touched since the start; tests look at it instead of a clock.
    private(set) var steps = 0

    var isEmpty: Bool { cells.isEmpty }
    /// Nothing has been written and nothing has moved.
    var isFresh: Bool { cells.isEmpty && cursor == 0 }
    /// The next character needs a new line.
    var isFull: Bool { cursor >= Self.limit }

    mutating func clear() {
        cells.removeAll(keepingCapacity: true)
        if !marks.isEmpty { marks = [:] }
        cursor = 0
    }

    mutating func put(_ scalar: UInt32) {
        steps += 1
        let width = CharacterWidth.columns(of: scalar)
        if width == 0, cursor > 0, cursor <= cells.count {
            let owner = start(of: cursor - 1)
            if marks[owner, default: []].count < Self.marksPerCharacter { marks[owner, default: []].append(scalar) }
            return
        }
        write(scalar)
        if width == 2 { write(Self.filler) }
    }

    /// How many characters of one column can be added at the end; 0 when the cursor is elsewhere.
    var room: Int { cursor == cells.count ? Self.limit - cursor : 0 }

    /// Adds printable ASCII at the end: what ``put(_:)`` does, for many at once.
    ///
    /// - Parameter bytes: Not more than there is ``room``.
    mutating func append(_ bytes: some Collection<UInt8>) {
        steps += bytes.count
        cells.append(contentsOf: bytes.lazy.map { UInt32($0) })
        cursor = cells.count
    }

    /// Moves to the next tab stop. Behind the end the tab itself is kept, so that text in columns stays as it was written.
    mutating func putTab() {
        let stop = (cursor / Self.tabWidth + 1) * Self.tabWidth
        guard cursor >= cells.count else {
            cursor = stop
            return
        }
        steps += Self.tabWidth
        write(Self.tab)
        while cursor < stop { write(Self.filler) }
    }

    mutating func back(_ count: Int = 1) { cursor = max(0, cursor - max(1, count)) }
    mutating func forward(_ count: Int) { move(to: cursor + max(1, count)) }
    mutating func returnToStart() { cursor = 0 }

    mutating func move(to column: Int) {
        cursor = min(max(0, column), max(cursor, Self.editedColumns - 1))
    }

    /// ECMA-48 EL: 0 from the cursor, 1 up to it, 2 all.
    mutating func erase(_ part: Int) {
        switch part {
        case 0: cut(at: cursor)
        case 1: blank(0..<min(cursor + 1, cells.count))
        case 2: cut(at: 0)
        default: break
        }
    }

    /// ECMA-48 ECH.
    mutating func eraseCharacters(_ count: Int) {
        guard cursor < cells.count else { return }
        let end = min(cursor + max(1, count), cells.count)
        if end == cells.count { cut(at: cursor) } else { blank(cursor..<end) }
    }

    /// ECMA-48 DCH.
    mutating func deleteCharacters(_ count: Int) {
        guard cursor < cells.count, cells.count <= Self.editedColumns else { return }
        let end = min(cursor + max(1, count), cells.count)
        blank(cursor..<end)
        steps += cells.count - cursor
        cells.removeSubrange(cursor..<end)
        moveMarks(from: end, by: cursor - end)
    }

    /// ECMA-48 ICH.
    mutating func insertBlanks(_ count: Int) {
        let count = min(max(1, count), Self.editedColumns - cells.count)
        guard cursor < cells.count, count > 0 else { return }
        separate(cursor)
        steps += cells.count + count - cursor
        cells.insert(contentsOf: repeatElement(Self.space, count: count), at: cursor)
        moveMarks(from: cursor, by: count)
    }

    /// The line as UTF-8.
    func text() -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cells.count)
        for (column, cell) in cells.enumerated() where cell != Self.filler {
            Self.append(cell, to: &bytes)
            if !marks.isEmpty, let marks = marks[column] { for mark in marks { Self.append(mark, to: &bytes) } }
        }
        return bytes
    }

    private static func append(_ scalar: UInt32, to bytes: inout [UInt8]) {
        if let byte = UInt8(exactly: scalar), byte < 0x80 {
            bytes.append(byte)
        } else if let scalar = Unicode.Scalar(scalar) {
            bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }

    private mutating func write(_ cell: UInt32) {
        if cursor == cells.count {
            cells.append(cell)
        } else if cursor < cells.count {
            separate(cursor)
            release(cursor)
            cells[cursor] = cell
            marks[cursor] = nil
        } else {
            steps += cursor - cells.count
            cells.append(contentsOf: repeatElement(Self.space, count: cursor - cells.count))
            cells.append(cell)
        }
        cursor += 1
    }

    /// The column where the character begins that a column belongs to.
    private func start(of column: Int) -> Int {
        var column = column
        while column > 0, cells[column] == Self.filler { column -= 1 }
        return column
    }

    /// Makes blanks of a character that would be cut in two before this column.
    private mutating func separate(_ column: Int) {
        guard cells[column] == Self.filler else { return }
        let owner = start(of: column)
        cells[owner] = Self.space
        marks[owner] = nil
        release(owner)
    }

    /// Makes blanks of the further columns of the character in this one.
    private mutating func release(_ column: Int) {
        var next = column + 1
        while next < cells.count, cells[next] == Self.filler {
            cells[next] = Self.space
            next += 1
        }
        steps += next - column
    }

    private mutating func cut(at column: Int) {
        guard column < cells.count else { return }
        separate(column)
        if !marks.isEmpty { for column in column..<cells.count { marks[column] = nil } }
        cells.removeSubrange(column...)
    }

    private mutating func blank(_ columns: Range<Int>) {
        guard cells.count <= Self.editedColumns, !columns.isEmpty else { return }
        separate(columns.lowerBound)
        for column in columns {
            cells[column] = Self.space
            marks[column] = nil
        }
        release(columns.upperBound - 1)
        steps += columns.count
    }

    private mutating func moveMarks(from column: Int, by distance: Int) {
        guard !marks.isEmpty else { return }
        marks = Dictionary(
            marks.map { ($0.key >= column ? $0.key + distance : $0.key, $0.value) }, uniquingKeysWith: { $1 })
    }
}
