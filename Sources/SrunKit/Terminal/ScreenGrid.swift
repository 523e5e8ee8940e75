/// The cells of a screen and what happens to them. Rows and columns count from 0, and whoever calls keeps them inside.
struct ScreenGrid: Hashable, Sendable {
    private(set) var columns: Int
    private(set) var rows: Int
    private(set) var lines: [[ScreenCell]]

    init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
        lines = Array(repeating: Array(repeating: .blank, count: columns), count: rows)
    }

    subscript(row: Int, column: Int) -> ScreenCell { lines[row][column] }

    /// Writes a character of one or two columns that fits into the row.
    mutating func write(_ scalar: UInt32, width: Int, _ row: Int, _ column: Int, _ style: ScreenStyle) {
        splitWide(row, column)
        splitWide(row, column + width)
        lines[row][column] = ScreenCell(scalar: scalar, style: style)
        if width == 2 { lines[row][column + 1] = ScreenCell(scalar: 0, style: style) }
    }

    /// Writes printable ASCII from a place on; all of it fits into the row.
    mutating func write(_ bytes: UnsafeRawBufferPointer, _ row: Int, _ column: Int, _ style: ScreenStyle) {
        guard !bytes.isEmpty else { return }
        splitWide(row, column)
        splitWide(row, column + bytes.count)
        lines[row].withUnsafeMutableBufferPointer { line in
            for index in 0..<bytes.count {
                line[column + index] = ScreenCell(scalar: UInt32(bytes[index]), style: style)
            }
        }
    }

    mutating func addMark(_ mark: UInt32, _ row: Int, _ column: Int) {
        var column = column
        if lines[row][column].scalar == 0, column > 0 { column -= 1 }
        lines[row][column].mark = mark
    }

    /// A wide character whose half is about to go loses the other half.
    private mutating func splitWide(_ row: Int, _ column: Int) {
        guard column > 0, column < columns, lines[row][column].scalar == 0 else { return }
        lines[row][column].scalar = 0x20
        lines[row][column - 1].scalar = 0x20
        lines[row][column - 1].mark = 0
    }

    /// Blanks a part of a row; what it cuts in half goes too. Erased cells have the background of the style.
    mutating func erase(_ row: Int, _ range: Range<Int>, _ style: ScreenStyle) {
        guard !range.isEmpty else { return }
        splitWide(row, range.lowerBound)
        splitWide(row, range.upperBound)
        let blank = Self.blank(style)
        for column in range { lines[row][column] = blank }
    }

    static func blank(_ style: ScreenStyle) -> ScreenCell {
        ScreenCell(style: ScreenStyle(background: style.background))
    }

    private func blankLine(_ style: ScreenStyle) -> [ScreenCell] {
        Array(repeating: Self.blank(style), count: columns)
    }

    /// Moves the rows of a region up; blank ones come from below.
    mutating func scrollUp(_ region: ClosedRange<Int>, by count: Int, _ style: ScreenStyle) {
        let count = min(count, region.count)
        guard count > 0 else { return }
        lines.removeSubrange(region.lowerBound..<(region.lowerBound + count))
        lines.insert(
            contentsOf: repeatElement(blankLine(style), count: count), at: region.upperBound + 1 - count)
    }

    /// Moves the rows of a region down; blank ones come from above.
    mutating func scrollDown(_ region: ClosedRange<Int>, by count: Int, _ style: ScreenStyle) {
        let count = min(count, region.count)
        guard count > 0 else { return }
        lines.removeSubrange((region.upperBound + 1 - count)...region.upperBound)
        lines.insert(contentsOf: repeatElement(blankLine(style), count: count), at: region.lowerBound)
    }

    mutating func insertCells(_ row: Int, _ column: Int, _ count: Int, _ style: ScreenStyle) {
        let count = min(count, columns - column)
        guard count > 0 else { return }
        splitWide(row, column)
        splitWide(row, columns - count)
        lines[row].removeLast(count)
        lines[row].insert(contentsOf: repeatElement(Self.blank(style), count: count), at: column)
    }

    mutating func deleteCells(_ row: Int, _ column: Int, _ count: Int, _ style: ScreenStyle) {
        let count = min(count, columns - column)
        guard count > 0 else { return }
        splitWide(row, column)
        splitWide(row, column + count)
        lines[row].removeSubrange(column..<(column + count))
        lines[row].append(contentsOf: repeatElement(Self.blank(style), count: count))
    }

    /// Cuts off or adds at the right and at the bottom. Programs draw anew when their size changes.
    mutating func resize(columns: Int, rows: Int) {
        if columns < self.columns {
            for row in lines.indices {
                splitWide(row, columns)
                lines[row].removeLast(self.columns - columns)
            }
        } else {
            for row in lines.indices {
                lines[row].append(contentsOf: repeatElement(.blank, count: columns - self.columns))
            }
        }
        self.columns = columns
        if rows < self.rows {
            lines.removeLast(self.rows - rows)
        } else {
            lines.append(contentsOf: repeatElement(blankLine(.plain), count: rows - self.rows))
        }
        self.rows = rows
    }
}
