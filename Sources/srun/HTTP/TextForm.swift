import NIOCore
import SrunKit

/// A job's output as plain text, with the time before each line if that is wanted.
struct TextForm: Sendable {
    private let hasTimes: Bool
    private var lines = TextLines()

    /// What the query asks for; nil when it wants the bytes.
    init?(_ query: Query) throws(RequestError) {
        hasTimes = try query.flag("timestamps")
        switch try query["format"] {
        case "text": break
        case nil, "raw":
            guard !hasTimes else { throw .invalidQuery("timestamps needs format=text") }
            return nil
        default: throw .invalidQuery("format must be raw or text")
        }
    }

    /// The lines that the output completes.
    mutating func append(_ chunks: [LogChunk]) -> ByteBuffer {
        var text = ByteBuffer()
        let hasTimes = hasTimes
        for chunk in chunks { lines.append(chunk) { Self.write($0, hasTimes, to: &text) } }
        return text
    }

    /// The last line, when it has no end.
    mutating func finish() -> ByteBuffer {
        var text = ByteBuffer()
        let hasTimes = hasTimes
        lines.finish { Self.write($0, hasTimes, to: &text) }
        return text
    }

    private static func write(_ line: TextLine, _ hasTimes: Bool, to text: inout ByteBuffer) {
        if hasTimes, line.isStart { text.writeString("\(RFC3339.string(from: line.time)) ") }
        text.writeBytes(line.text)
        if line.isEnd { text.writeInteger(UInt8(ascii: "\n")) }
    }
}
