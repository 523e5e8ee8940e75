import Foundation
import NIOCore

/// ``EscapeParser`` and ``TextLines``: output as lines of text.
enum LinesTarget: FuzzTarget {
    static let name = "lines"

    static let seeds: [[UInt8]] = [
        "one\r\ntwo\tthree\n", "abc\u{8}\u{8}X\rover\u{1b}[K\n",
        "\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}text\u{1b}[2;5Hthere\n",
        "日本\u{301}\u{1b}[3D\u{1b}[2P\u{1b}[4@\u{1b}[2X\u{9b}31m\u{85}\u{1b}c\n",
    ].map { [3] + Array($0.utf8) }

    static func run(_ input: inout FuzzInput) {
        let cut = input.next()
        let bytes = input.rest()
        let (whole, steps) = lines([ByteBuffer(bytes: bytes)])
        expect(lines(bytes.pieces(cut)).lines == whole, "pieces make other lines")
        // Every byte costs a bounded number of steps, whatever it is.
        expect(steps <= 64 + bytes.count * 4 + TextLines.maximumColumns * (1 + bytes.count / 2), "\(steps) steps")
        var offset: Int64 = 0
        for line in whole {
            expect(String(validating: line.text, as: UTF8.self) != nil, "a line is not UTF-8")
            expect(!line.text.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7f }, "a line holds a control character")
            expect(line.offset >= offset && line.offset <= Int64(bytes.count), "lines are out of order")
            offset = line.offset
        }
    }

    private static func lines(_ pieces: [ByteBuffer]) -> (lines: [TextLine], steps: Int) {
        var lines: [TextLine] = []
        var reader = TextLines()
        var offset: Int64 = 0
        for piece in pieces {
            let chunk = LogChunk(offset: offset, time: Date(timeIntervalSince1970: 0), stream: .output, bytes: piece)
            reader.append(chunk) { lines.append($0) }
            offset = chunk.end
        }
        reader.finish { lines.append($0) }
        return (lines, reader.steps)
    }
}
