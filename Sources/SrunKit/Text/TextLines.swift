import Foundation
import NIOCore

/// Turns output into lines of plain text, as it comes.
///
/// However the output is cut into chunks, the lines are the same. Carriage return, backspace, tab and the sequences that move
/// within the line or erase parts of it are obeyed; a sequence that moves to another row ends the line, since what a row above
/// became cannot be said of a sequence of lines. Everything else that is not text is dropped, and what is not UTF-8 becomes
/// U+FFFD. A line of more than ``maximumColumns`` is handed on in pieces, and what returns to its start then writes over its last
/// piece only. Memory is bounded by one such piece; the work is linear in the output.
package struct TextLines: Sendable {
    package static let maximumColumns = LineCells.limit
    /// Lines of printable ASCII up to this length, most there are, need no columns. So short that even tabs fill no piece.
    private static let simpleBytes = maximumColumns / 8

    private var parser = EscapeParser()
    private var decoder = UTF8Scalars()
    private var cells = LineCells()
    private var number: Int64 = 1
    /// Where the present piece begins; nil before its first byte.
    private var begin: (offset: Int64, time: Date)?
    private var isContinuing = false
    private var bytes = 0

    package init() {}

    /// What was done so far, in steps of bounded cost.
    package var steps: Int { cells.steps + bytes }

    package mutating func append(_ chunk: LogChunk, _ deliver: (TextLine) -> Void) {
        chunk.bytes.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while let byte = rest.first {
                let offset = chunk.offset + Int64(rest.startIndex)
                if isAtLineStart, let end = Self.simpleLine(rest) {
                    self.bytes += end.next - rest.startIndex
                    begin = (offset, chunk.time)
                    endLine(text: Array(rest[..<end.text]), deliver)
                    rest = rest[end.next...]
                } else if let end = printable(rest) {
                    self.bytes += end - rest.startIndex
                    begin = begin ?? (offset, chunk.time)
                    cells.append(rest[..<end])
                    rest = rest[end...]
                } else {
                    self.bytes += 1
                    accept(byte, at: offset, chunk.time, deliver)
                    rest = rest.dropFirst()
                }
            }
        }
    }

    /// What the output ends with, when it does not end with a line end.
    package mutating func finish(_ deliver: (TextLine) -> Void) {
        breakCharacter(deliver)
        guard let begin, !cells.isEmpty else { return }
        deliver(line(begin, cells.text(), isEnd: false))
        cells.clear()
        self.begin = nil
    }

    private var isAtLineStart: Bool {
        begin == nil && cells.isFresh && parser.isInGround && !decoder.isPending && !isContinuing
    }

    /// Where the text of a whole line of printable ASCII ends, and where the next line begins.
    private static func simpleLine(_ bytes: Slice<UnsafeRawBufferPointer>) -> (text: Int, next: Int)? {
        let limit = min(bytes.endIndex, bytes.startIndex + simpleBytes)
        var index = bytes.startIndex
        while index < limit, (0x20...0x7e).contains(bytes[index]) || bytes[index] == 0x09 { index += 1 }
        guard index < bytes.endIndex else { return nil }
        if bytes[index] == 0x0a { return (index, index + 1) }
        guard bytes[index] == 0x0d, index + 1 < bytes.endIndex, bytes[index + 1] == 0x0a else { return nil }
        return (index, index + 2)
    }

    /// Where the printable ASCII ends that can simply be added to the line; nil when there is none.
    private func printable(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int? {
        guard parser.isInGround, !decoder.isPending else { return nil }
        let limit = min(bytes.endIndex, bytes.startIndex + cells.room)
        var index = bytes.startIndex
        while index < limit, (0x20...0x7e).contains(bytes[index]) { index += 1 }
        return index > bytes.startIndex ? index : nil
    }

    private mutating func accept(_ byte: UInt8, at offset: Int64, _ time: Date, _ deliver: (TextLine) -> Void) {
        if begin == nil { begin = (offset, time) }
        // Of no meaning within a character, but not text either.
        if byte < 0x80 { breakCharacter(deliver) }
        switch parser.accept(byte) {
        case .text(let byte) where byte < 0x80: put(UInt32(byte), at: offset, time, deliver)
        case .text(let byte):
            let (isBroken, scalar) = decoder.accept(byte)
            if isBroken { put(UTF8Scalars.replacement, at: offset, time, deliver) }
            guard let scalar else { return }
            if (0x80...0x9f).contains(scalar) {
                obey(parser.acceptUpper(scalar), deliver)
            } else {
                put(scalar, at: offset, time, deliver)
            }
        case let event: obey(event, deliver)
        }
    }

    private mutating func breakCharacter(_ deliver: (TextLine) -> Void) {
        guard decoder.isPending else { return }
        decoder.reset()
        // Its place is that of its line: whether a piece begins with it does not matter to anybody.
        if let begin { put(UTF8Scalars.replacement, at: begin.offset, begin.time, deliver) }
    }

    private mutating func put(_ scalar: UInt32, at offset: Int64, _ time: Date, _ deliver: (TextLine) -> Void) {
        if cells.isFull {
            if let begin { deliver(line(begin, cells.text(), isEnd: false)) }
            cells.clear()
            begin = (offset, time)
            isContinuing = true
        }
        cells.put(scalar)
    }

    private mutating func obey(_ event: EscapeParser.Event, _ deliver: (TextLine) -> Void) {
        switch event {
        case .control(0x08): cells.back()
        case .control(0x09): if !cells.isFull { cells.putTab() }
        // Vertical tab and form feed go down a row, as the line feed does.
        case .control(0x0a), .control(0x0b), .control(0x0c): endLine(text: cells.text(), deliver)
        case .control(0x0d): cells.returnToStart()
        // Index and next line; reverse index, restore cursor, reset.
        case .escape(UInt8(ascii: "D")), .escape(UInt8(ascii: "E")): endLine(text: cells.text(), deliver)
        case .escape(UInt8(ascii: "M")), .escape(UInt8(ascii: "8")), .escape(UInt8(ascii: "c")): leaveRow(deliver)
        case .sequence(let final, let first, let second): obey(final, first, second, deliver)
        default: break
        }
    }

    private mutating func obey(_ final: UInt8, _ first: Int?, _ second: Int?, _ deliver: (TextLine) -> Void) {
        switch final {
        case UInt8(ascii: "@"): cells.insertBlanks(first ?? 1)
        case UInt8(ascii: "C"): cells.forward(first ?? 1)
        case UInt8(ascii: "D"): cells.back(first ?? 1)
        case UInt8(ascii: "G"), UInt8(ascii: "`"): cells.move(to: (first ?? 1) - 1)
        case UInt8(ascii: "K"): cells.erase(first ?? 0)
        case UInt8(ascii: "P"): cells.deleteCharacters(first ?? 1)
        case UInt8(ascii: "X"): cells.eraseCharacters(first ?? 1)
        case UInt8(ascii: "J") where (first ?? 0) < 2: cells.erase(first ?? 0)
        case UInt8(ascii: "H"), UInt8(ascii: "f"):
            leaveRow(deliver)
            cells.move(to: (second ?? 1) - 1)
        // Up, down, to a row; erase the screen; scroll.
        case UInt8(ascii: "A"), UInt8(ascii: "B"), UInt8(ascii: "E"), UInt8(ascii: "F"), UInt8(ascii: "d"),
            UInt8(ascii: "J"), UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "u"):
            leaveRow(deliver)
        default: break
        }
    }

    /// Ends the line, if there is anything on it.
    private mutating func leaveRow(_ deliver: (TextLine) -> Void) {
        if cells.isEmpty, !isContinuing {
            begin = nil
            cells.clear()
        } else {
            endLine(text: cells.text(), deliver)
        }
    }

    private mutating func endLine(text: [UInt8], _ deliver: (TextLine) -> Void) {
        if let begin { deliver(line(begin, text, isEnd: true)) }
        cells.clear()
        begin = nil
        isContinuing = false
        number += 1
    }

    private func line(_ begin: (offset: Int64, time: Date), _ text: [UInt8], isEnd: Bool) -> TextLine {
        TextLine(
            number: number, offset: begin.offset, time: begin.time, text: text, isStart: !isContinuing, isEnd: isEnd)
    }
}
