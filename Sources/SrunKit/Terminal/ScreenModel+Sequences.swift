/// What the control characters and sequences do that programs of the terminal descriptions `xterm`, `screen`, `linux` and `vt100` use.
extension ScreenModel {
    mutating func control(_ byte: UInt8) {
        switch byte {
        case 0x0e: modes.set = 1
        case 0x0f: modes.set = 0
        case 0x08 where grid != nil: moveColumns(-1)
        case 0x09 where grid != nil: tab(1)
        case 0x0a...0x0c where grid != nil:
            lineFeed()
            if modes.addsReturn { column = 0 }
        case 0x0d where grid != nil:
            isWrapPending = false
            column = 0
        default: break
        }
    }

    mutating func escape(_ intermediate: UInt8, _ final: UInt8) {
        switch (intermediate, final) {
        case (UInt8(ascii: "("), _): modes.isDrawing[0] = final == UInt8(ascii: "0")
        case (UInt8(ascii: ")"), _): modes.isDrawing[1] = final == UInt8(ascii: "0")
        case (0, UInt8(ascii: "=")): modes.hasApplicationKeypad = true
        case (0, UInt8(ascii: ">")): modes.hasApplicationKeypad = false
        case (0, UInt8(ascii: "c")): reset()
        case (0, UInt8(ascii: "7")): saveCursor()
        case (0, UInt8(ascii: "8")): restoreCursor()
        default: if grid != nil { move(intermediate, final) }
        }
    }

    private mutating func move(_ intermediate: UInt8, _ final: UInt8) {
        switch (intermediate, final) {
        case (0, UInt8(ascii: "D")): lineFeed()
        case (0, UInt8(ascii: "E")):
            lineFeed()
            column = 0
        case (0, UInt8(ascii: "M")): reverseLineFeed()
        case (0, UInt8(ascii: "H")): tabs.set(column)
        case (UInt8(ascii: "#"), UInt8(ascii: "8")): fillWithE()
        default: break
        }
    }

    mutating func sequence(_ marker: UInt8, _ intermediate: UInt8, _ final: UInt8) {
        switch (marker, intermediate, final) {
        case (0, 0, UInt8(ascii: "m")): style.apply(parser)
        case (UInt8(ascii: "?"), 0, UInt8(ascii: "h")): for mode in parser.parameters { setPrivate(mode, true) }
        case (UInt8(ascii: "?"), 0, UInt8(ascii: "l")): for mode in parser.parameters { setPrivate(mode, false) }
        case (0, 0, UInt8(ascii: "h")): for mode in parser.parameters { setMode(mode, true) }
        case (0, 0, UInt8(ascii: "l")): for mode in parser.parameters { setMode(mode, false) }
        case (0, UInt8(ascii: " "), UInt8(ascii: "q")): modes.cursorShape = parser.number(0, default: 0)
        case (0, UInt8(ascii: "!"), UInt8(ascii: "p")): softReset()
        case (0, 0, _): if grid != nil { plainSequence(final) }
        default: break
        }
    }

    private mutating func plainSequence(_ final: UInt8) {
        let count = parser.number(0)
        switch final {
        case UInt8(ascii: "A"), UInt8(ascii: "k"): moveRows(-count)
        case UInt8(ascii: "B"), UInt8(ascii: "e"): moveRows(count)
        case UInt8(ascii: "C"), UInt8(ascii: "a"): moveColumns(count)
        case UInt8(ascii: "D"), UInt8(ascii: "j"): moveColumns(-count)
        case UInt8(ascii: "E"):
            moveRows(count)
            column = 0
        case UInt8(ascii: "F"):
            moveRows(-count)
            column = 0
        case UInt8(ascii: "G"), UInt8(ascii: "`"):
            isWrapPending = false
            column = min(count, columns) - 1
        case UInt8(ascii: "H"), UInt8(ascii: "f"): move(toRow: count - 1, column: parser.number(1) - 1)
        case UInt8(ascii: "d"): move(toRow: count - 1, column: column)
        case UInt8(ascii: "I"): tab(count)
        case UInt8(ascii: "Z"): backTab(count)
        case UInt8(ascii: "b"): putAgain(count)
        case UInt8(ascii: "g"): if parser.number(0, default: 0) == 3 { tabs.clearAll() } else { tabs.clear(column) }
        case UInt8(ascii: "r"): setRegion(top: count - 1, bottom: parser.number(1, default: rows) - 1)
        case UInt8(ascii: "s"): saveCursor()
        case UInt8(ascii: "u"): restoreCursor()
        default: edit(final, count)
        }
    }

    private mutating func edit(_ final: UInt8, _ count: Int) {
        switch final {
        case UInt8(ascii: "J"): eraseScreen(parser.number(0, default: 0))
        case UInt8(ascii: "K"): eraseRow(parser.number(0, default: 0))
        case UInt8(ascii: "X"): grid?.erase(row, column..<min(columns, column + count), style)
        case UInt8(ascii: "@"): grid?.insertCells(row, column, count, style)
        case UInt8(ascii: "P"): grid?.deleteCells(row, column, count, style)
        case UInt8(ascii: "L") where region.contains(row):
            grid?.scrollDown(row...region.upperBound, by: count, style)
            column = 0
        case UInt8(ascii: "M") where region.contains(row):
            grid?.scrollUp(row...region.upperBound, by: count, style)
            column = 0
        case UInt8(ascii: "S"): grid?.scrollUp(region, by: count, style)
        case UInt8(ascii: "T") where parser.parameters.count < 2: grid?.scrollDown(region, by: count, style)
        default: return
        }
        isWrapPending = false
    }

    private mutating func eraseScreen(_ what: Int) {
        switch what {
        case 0:
            eraseRow(0)
            for row in (row + 1)..<max(rows, row + 1) { grid?.erase(row, 0..<columns, style) }
        case 1:
            eraseRow(1)
            for row in 0..<row { grid?.erase(row, 0..<columns, style) }
        case 2: for row in 0..<rows { grid?.erase(row, 0..<columns, style) }
        default: break
        }
    }

    private mutating func eraseRow(_ what: Int) {
        switch what {
        case 0: grid?.erase(row, column..<columns, style)
        case 1: grid?.erase(row, 0..<(column + 1), style)
        case 2: grid?.erase(row, 0..<columns, style)
        default: break
        }
    }

    private mutating func setRegion(top: Int, bottom: Int) {
        let bottom = min(bottom, rows - 1)
        guard top < bottom else { return }
        region = top...bottom
        move(toRow: 0, column: 0)
    }

    private mutating func fillWithE() {
        for row in 0..<rows {
            for column in 0..<columns { grid?.write(UInt32(UInt8(ascii: "E")), width: 1, row, column, .plain) }
        }
        region = 0...(rows - 1)
        move(toRow: 0, column: 0)
    }

    // MARK: Modes

    private mutating func setMode(_ mode: Int, _ isOn: Bool) {
        switch mode {
        case 4: modes.isInsert = isOn
        case 20: modes.addsReturn = isOn
        default: break
        }
    }

    private mutating func setPrivate(_ mode: Int, _ isOn: Bool) {
        switch mode {
        case 6:
            modes.isOrigin = isOn
            if grid != nil { move(toRow: 0, column: 0) }
        case 7:
            modes.wraps = isOn
            if !isOn { isWrapPending = false }
        case 25: modes.isCursorShown = isOn
        case 47, 1047, 1049: showAlternate(isOn)
        case 1048: if isOn { saveCursor() } else { restoreCursor() }
        default:
            guard ScreenModes.kept.contains(mode) else { return }
            if isOn { modes.others.insert(mode) } else { modes.others.remove(mode) }
        }
    }

    /// What was on the alternate screen before is not kept: programs clear it, and 1049 does so by itself.
    private mutating func showAlternate(_ isOn: Bool) {
        guard isOn != (grid != nil) else { return }
        isWrapPending = false
        region = 0...(rows - 1)
        if isOn {
            grid = ScreenGrid(columns: columns, rows: rows)
            row = 0
            column = 0
        } else {
            grid = nil
        }
    }

    private mutating func saveCursor() {
        saved = SavedCursor(
            row: row, column: column, style: style, isDrawing: modes.isDrawing, set: modes.set,
            isOrigin: modes.isOrigin)
    }

    private mutating func restoreCursor() {
        let saved = saved ?? SavedCursor()
        style = saved.style
        modes.isDrawing = saved.isDrawing
        modes.set = saved.set
        modes.isOrigin = saved.isOrigin
        isWrapPending = false
        row = min(saved.row, rows - 1)
        if modes.isOrigin { row = min(max(row, region.lowerBound), region.upperBound) }
        column = min(saved.column, columns - 1)
    }

    private mutating func softReset() {
        style = .plain
        let others = modes.others.subtracting([1])
        modes = ScreenModes()
        modes.others = others
        region = 0...(rows - 1)
        saved = nil
        isWrapPending = false
    }

    private mutating func reset() {
        grid = nil
        style = .plain
        modes = ScreenModes()
        tabs = TabStops()
        region = 0...(rows - 1)
        saved = nil
        row = 0
        column = 0
        isWrapPending = false
    }
}
