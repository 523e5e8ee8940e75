/// What a full-screen program has put on a terminal, as far as a terminal of the xterm family would show it.
///
/// Programs that fill the screen switch to the *alternate* one first. Only then are there cells (``grid``): while a job prints lines,
/// sequences are looked at for what stays (style, modes, character set) and for that switch, and text is passed over. So a
/// job that prints lines costs the search for ESC in its output, and a few hundred bytes.
struct ScreenModel: Sendable {
    private(set) var columns: Int
    private(set) var rows: Int
    /// The alternate screen while it is shown.
    var grid: ScreenGrid?

    var parser = ControlParser()
    private var decoder = UTF8Scalars()
    /// How many of the last bytes are the beginning of a sequence or a character: nothing of them is on the screen yet.
    private(set) var unfinishedBytes = 0

    var row = 0
    var column = 0
    /// The last column was written, and the next character begins a new row.
    var isWrapPending = false
    var style = ScreenStyle.plain
    var modes = ScreenModes()
    /// The rows that scroll.
    var region: ClosedRange<Int>
    var tabs = TabStops()
    var saved: SavedCursor?
    private var lastScalar: UInt32 = 0
    /// Where the last character is, as long as nothing but text has come since: a mark belongs to it.
    private var lastColumn: Int?

    struct SavedCursor: Hashable, Sendable {
        var row = 0
        var column = 0
        var style = ScreenStyle.plain
        var isDrawing: [Bool] = [false, false]
        var set = 0
        var isOrigin = false
    }

    init(_ size: TerminalSize) {
        columns = max(1, size.columns)
        rows = max(1, size.rows)
        region = 0...(rows - 1)
    }

    mutating func resize(_ size: TerminalSize) {
        columns = max(1, size.columns)
        rows = max(1, size.rows)
        grid?.resize(columns: columns, rows: rows)
        region = 0...(rows - 1)
        row = min(row, rows - 1)
        column = min(column, columns - 1)
        isWrapPending = false
        lastColumn = nil
    }

    mutating func feed(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while let byte = rest.first {
            if parser.isInGround {
                if grid == nil {
                    guard let escape = rest.firstIndexThatOutlasts else { return }
                    rest = rest[escape...]
                    handle(parser.accept(bytes[escape]))
                    unfinishedBytes = 0
                    noteUnfinished()
                    rest = rest.dropFirst()
                    continue
                }
                if (0x20...0x7e).contains(byte), !decoder.isPending, modes.isPlainText {
                    let end = rest.firstIndex { !(0x20...0x7e).contains($0) } ?? rest.endIndex
                    write(UnsafeRawBufferPointer(rebasing: rest[..<end]))
                    rest = rest[end...]
                    continue
                }
            }
            handle(parser.accept(byte))
            noteUnfinished()
            rest = rest.dropFirst()
        }
    }

    private mutating func noteUnfinished() {
        unfinishedBytes = parser.isInGround && !decoder.isPending ? 0 : unfinishedBytes + 1
    }

    private mutating func handle(_ event: ControlParser.Event) {
        if case .text(let byte) = event {
            guard grid != nil else { return }
            if byte < 0x80 {
                breakCharacter()
                put(modes.translated(byte))
            } else {
                let (isBroken, scalar) = decoder.accept(byte)
                if isBroken { put(UTF8Scalars.replacement) }
                if let scalar { put(scalar) }
            }
            return
        }
        if case .none = event { return }
        breakCharacter()
        lastColumn = nil
        switch event {
        case .control(let byte): control(byte)
        case .escape(let intermediate, let final): escape(intermediate, final)
        case .sequence(let marker, let intermediate, let final): sequence(marker, intermediate, final)
        case .none, .text: break
        }
    }

    private mutating func breakCharacter() {
        guard decoder.isPending else { return }
        decoder.reset()
        if grid != nil { put(UTF8Scalars.replacement) }
    }

    // MARK: Text

    /// Printable ASCII, without anything that would change it.
    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        var rest = bytes[...]
        while !rest.isEmpty {
            if isWrapPending { wrap() }
            let part = rest.prefix(columns - column)
            grid?.write(UnsafeRawBufferPointer(rebasing: part), row, column, style)
            advance(part.count)
            rest = rest.dropFirst(part.count)
            // Without wrapping, what comes too late overwrites the last column.
            if !modes.wraps, !rest.isEmpty { rest = rest.suffix(1) }
        }
        if let last = bytes.last { lastScalar = UInt32(last) }
    }

    mutating func put(_ scalar: UInt32) {
        if (0x80...0x9f).contains(scalar) { return }
        let width = CharacterWidth.columns(of: scalar)
        // A cell of its own cannot hold it, and would when the screen becomes wider.
        guard width <= columns else { return put(UTF8Scalars.replacement) }
        guard width > 0 else {
            grid?.addMark(scalar, row, lastColumn ?? (isWrapPending ? column : max(0, column - 1)))
            return
        }
        if isWrapPending { wrap() }
        if width == 2, column == columns - 1 {
            if modes.wraps { wrap() } else { column = max(0, columns - 2) }
        }
        if modes.isInsert { grid?.insertCells(row, column, width, style) }
        grid?.write(scalar, width: width, row, column, style)
        advance(width)
        lastScalar = scalar
    }

    mutating func putAgain(_ count: Int) {
        guard lastScalar >= 0x20, grid != nil else { return }
        for _ in 0..<min(count, columns * rows) { put(lastScalar) }
    }

    private mutating func advance(_ width: Int) {
        lastColumn = min(column + width, columns) - 1
        if column + width >= columns {
            column = columns - 1
            isWrapPending = modes.wraps
        } else {
            column += width
        }
    }

    private mutating func wrap() {
        isWrapPending = false
        column = 0
        lineFeed()
    }

    // MARK: Moving

    mutating func lineFeed() {
        isWrapPending = false
        if row == region.upperBound {
            grid?.scrollUp(region, by: 1, style)
        } else {
            row = min(row + 1, rows - 1)
        }
    }

    mutating func reverseLineFeed() {
        isWrapPending = false
        if row == region.lowerBound {
            grid?.scrollDown(region, by: 1, style)
        } else {
            row = max(0, row - 1)
        }
    }

    /// Goes to a place that counts from the region in origin mode.
    mutating func move(toRow row: Int, column: Int) {
        isWrapPending = false
        let bounds = modes.isOrigin ? region : 0...(rows - 1)
        self.row = min(max(bounds.lowerBound + row, bounds.lowerBound), bounds.upperBound)
        self.column = min(max(0, column), columns - 1)
    }

    /// Up or down, not across the edge of the region when it is inside.
    mutating func moveRows(_ count: Int) {
        isWrapPending = false
        let top = row >= region.lowerBound ? region.lowerBound : 0
        let bottom = row <= region.upperBound ? region.upperBound : rows - 1
        row = min(max(row + count, top), bottom)
    }

    mutating func moveColumns(_ count: Int) {
        isWrapPending = false
        column = min(max(0, column + count), columns - 1)
    }

    mutating func tab(_ count: Int) {
        isWrapPending = false
        for _ in 0..<min(count, columns) where column < columns - 1 {
            repeat { column += 1 } while column < columns - 1 && !tabs.contains(column)
        }
    }

    mutating func backTab(_ count: Int) {
        isWrapPending = false
        for _ in 0..<min(count, columns) where column > 0 {
            repeat { column -= 1 } while column > 0 && !tabs.contains(column)
        }
    }
}
