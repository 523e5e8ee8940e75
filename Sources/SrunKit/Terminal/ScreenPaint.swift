extension ScreenModel {
    /// What makes a terminal of the same size, in whatever state it is, show this alternate screen and go on as this one would; nil
    /// while the alternate screen is not shown.
    func paint() -> [UInt8]? {
        guard let grid else { return nil }
        // Known ground. Not by a reset: that would take the other screen along, or is not known to every terminal.
        var text = "\u{1b}[?1049h\u{1b}(B\u{1b})B\u{0f}\u{1b}[r\u{1b}[?6l\u{1b}[?7l\u{1b}[4l\u{1b}[20l\u{1b}[m"
        for mode in ScreenModes.kept.sorted() { text += "\u{1b}[?\(mode)l" }
        text += "\u{1b}[H\u{1b}[2J"
        if let stops = tabs.sequence(columns: columns) { text += stops }
        var painter = CellPainter(text)
        for row in 0..<grid.rows { painter.paint(grid.lines[row], row) }
        text = painter.text
        if let saved {
            // The terminal may have become smaller since.
            let place = Self.move(min(saved.row, rows - 1), min(saved.column, columns - 1))
            text += place + Self.characterSets(saved.isDrawing, saved.set)
            text +=
                (saved.isOrigin ? "\u{1b}[?6h" + place : "") + saved.style.sequence
                + "\u{1b}7"
            text += "\u{1b}[?6l" + Self.characterSets([false, false], 0)
        }
        return Array((text + ending(grid)).utf8)
    }

    /// Cursor, modes and style. Setting region and origin moves the cursor, so it comes after both.
    private func ending(_ grid: ScreenGrid) -> String {
        var text = ""
        if region != 0...(rows - 1) { text += "\u{1b}[\(region.lowerBound + 1);\(region.upperBound + 1)r" }
        for mode in modes.others.sorted() { text += "\u{1b}[?\(mode)h" }
        text += modes.hasApplicationKeypad ? "\u{1b}=" : "\u{1b}>"
        if modes.cursorShape != 0 { text += "\u{1b}[\(modes.cursorShape) q" }
        if modes.wraps { text += "\u{1b}[?7h" }
        if modes.isOrigin {
            text += "\u{1b}[?6h" + Self.move(max(0, row - region.lowerBound), column)
        } else {
            text += Self.move(row, column)
        }
        if isWrapPending {
            // Only a character that was written into the last column leaves the cursor behind it.
            var painter = CellPainter("\u{1b}[m")
            let isWide = grid[row, column].scalar == 0 && column > 0
            if isWide { text += "\u{1b}[D" }
            painter.paint(grid[row, isWide ? column - 1 : column])
            text += painter.text
        }
        if modes.isInsert { text += "\u{1b}[4h" }
        if modes.addsReturn { text += "\u{1b}[20h" }
        text += style.sequence + Self.characterSets(modes.isDrawing, modes.set)
        text += modes.isCursorShown ? "\u{1b}[?25h" : "\u{1b}[?25l"
        return text
    }

    private static func move(_ row: Int, _ column: Int) -> String { "\u{1b}[\(row + 1);\(column + 1)H" }

    private static func characterSets(_ isDrawing: [Bool], _ set: Int) -> String {
        "\u{1b}(\(isDrawing[0] ? "0" : "B")\u{1b})\(isDrawing[1] ? "0" : "B")\(set == 0 ? "\u{0f}" : "\u{0e}")"
    }
}

/// Writes cells with no more than the sequences they need.
private struct CellPainter {
    private(set) var text: String
    private var style = ScreenStyle.plain

    init(_ text: String) { self.text = text }

    mutating func paint(_ line: [ScreenCell], _ row: Int) {
        let end = line.lastIndex { $0 != .blank }.map { $0 + 1 } ?? 0
        guard end > 0 else { return }
        text += "\u{1b}[\(row + 1)H"
        for cell in line[..<end] { paint(cell) }
    }

    mutating func paint(_ cell: ScreenCell) {
        // The second half came with the first.
        guard cell.scalar != 0 else { return }
        if cell.style != style {
            style = cell.style
            text += style.sequence
        }
        text.unicodeScalars.append(Unicode.Scalar(cell.scalar) ?? " ")
        if cell.mark != 0, let mark = Unicode.Scalar(cell.mark) { text.unicodeScalars.append(mark) }
    }
}
