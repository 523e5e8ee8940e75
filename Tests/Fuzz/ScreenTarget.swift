/// ``ControlParser`` and ``ScreenModel``: what a program writes to a terminal.
enum ScreenTarget: FuzzTarget {
    static let name = "screen"

    static let seeds: [[UInt8]] = [
        "\u{1b}[?1049hab\r\ncd\u{1b}[2;3Hx\u{1b}[31;1my\u{1b}[m\u{1b}[2J",
        "\u{1b}[?1049h日本\u{1b}[1;2HZe\u{301}\u{1b}[3b",
        "\u{1b}[?1049h\u{1b}[2;3r\u{1b}[?6h\u{1b}[1;1H\u{1b}M\u{1b}D\u{1b}E\u{1b}7\u{1b}8\u{1b}#8",
        "\u{1b}[?1049h\u{1b}[4h\u{1b}[20habc\u{1b}[2@\u{1b}[2P\u{1b}[2X\u{1b}[L\u{1b}[M\u{1b}[S\u{1b}[T\u{1b}[I\u{1b}[Z",
        "\u{1b}[?1049h\u{1b}(0lqk\u{e}\u{f}\u{1b}[38:2::1:2:3m\u{1b}[48;5;200mx\u{1b}]0;t\u{7}\u{1b}P1$q\u{1b}\\",
        "\u{1b}[?1049h\u{1b}[?7l\u{1b}[5 q\u{1b}[!p\u{1b}c\u{1b}[?47h\u{1b}[?1049l\u{1b}[s\u{1b}[u\u{1b}H\t\u{1b}[3g",
    ].map { [7, 3, 5, 0] + Array($0.utf8) }

    static func run(_ input: inout FuzzInput) {
        let size = TerminalSize(columns: 1 + input.next(below: 24), rows: 1 + input.next(below: 9))
        let cut = input.next()
        let change = input.next()
        let bytes = input.rest()
        var whole = ScreenModel(size)
        var pieced = ScreenModel(size)
        // The number is also what it is changed to: every other input changes the size in the middle.
        let middle = change % 2 == 0 ? bytes.count : bytes.count / 2
        bytes[..<middle].withUnsafeBytes { whole.feed($0) }
        for piece in Array(bytes[..<middle]).pieces(cut) { piece.withUnsafeReadableBytes { pieced.feed($0) } }
        if middle < bytes.count {
            let other = TerminalSize(columns: 1 + Int(change / 2) % 30, rows: 1 + Int(change) % 11)
            whole.resize(other)
            pieced.resize(other)
            bytes[middle...].withUnsafeBytes { whole.feed($0) }
            for piece in Array(bytes[middle...]).pieces(cut) { piece.withUnsafeReadableBytes { pieced.feed($0) } }
        }
        check(whole)
        let paint = whole.paint()
        expect(paint == pieced.paint(), "pieces make another screen")
        guard let paint else { return }
        var copy = ScreenModel(TerminalSize(columns: whole.columns, rows: whole.rows))
        paint.withUnsafeBytes { copy.feed($0) }
        check(copy)
        let again = copy.paint() ?? []
        expect(again == paint, "what was painted is painted otherwise:\n\(shown(paint))\n\(shown(again))")
    }

    private static func shown(_ bytes: [UInt8]) -> String { bytes.text.replacing("\u{1b}", with: "^[") }

    private static func check(_ model: ScreenModel) {
        expect((0..<model.rows).contains(model.row), "the cursor is in row \(model.row) of \(model.rows)")
        expect(
            (0..<model.columns).contains(model.column), "the cursor is in column \(model.column) of \(model.columns)")
        expect(
            model.region.lowerBound >= 0 && model.region.upperBound < model.rows,
            "the region is \(model.region) of \(model.rows)")
        guard let grid = model.grid else { return }
        expect(grid.lines.count == model.rows, "there are \(grid.lines.count) rows")
        for line in grid.lines {
            expect(line.count == model.columns, "a row has \(line.count) columns")
            expect(line.first?.scalar != 0, "a row begins with half a character")
        }
    }
}
