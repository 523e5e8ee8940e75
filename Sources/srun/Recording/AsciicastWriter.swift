import Foundation
import NIOCore
import SrunKit

/// Writes a job's output as a terminal recording, asciicast v2: a line of JSON that says what it is, then one per event.
///
/// The text of all events together is the output: characters are not cut between two events, and what is not UTF-8 becomes
/// U+FFFD. Output of a job on pipes gets the carriage returns that a terminal would have added.
struct AsciicastWriter: Sendable {
    private let job: Job
    private let start: Date
    private var cutters: [LogStream: UTF8Cutter] = [:]
    /// Of the event before; times must not go back.
    private var time: Int64 = 0
    private var lastByte: UInt8 = 0
    /// Those that are still to come.
    private var sizes: ArraySlice<TimedSize>

    /// - Parameter sizes: What the terminal had after the size it began with, in order.
    init(_ job: Job, sizes: [TimedSize] = []) {
        self.job = job
        self.sizes = sizes[...]
        start = job.state.run?.startedAt ?? job.createdAt
    }

    private struct Header: Encodable {
        let version = 2
        let width: Int
        let height: Int
        let timestamp: Int64
        let command: String
        let title: String?
        let env: [String: String]

        private enum CodingKeys: CodingKey { case version, width, height, timestamp, command, title, env }
    }

    func header() throws -> ByteBuffer {
        let size = job.spec.terminal ?? .standard
        let header = Header(
            width: size.columns, height: size.rows, timestamp: start.microseconds / 1_000_000,
            command: job.spec.commandText, title: job.spec.name,
            env: ["TERM": job.spec.environment["TERM"] ?? "xterm-256color"])
        var line = try JSONText.bytes(of: header)
        line.writeInteger(UInt8(ascii: "\n"))
        return line
    }

    /// Output that follows what was written before.
    mutating func events(of chunks: [LogChunk]) -> ByteBuffer {
        var lines = ByteBuffer()
        for chunk in chunks {
            writeSizes(upTo: chunk.time, into: &lines)
            time = max(time, chunk.time.microseconds - start.microseconds)
            write(cutters[chunk.stream, default: UTF8Cutter()].append([chunk.bytes]), into: &lines)
        }
        return lines
    }

    /// The rest, when no more output comes.
    mutating func finish() -> ByteBuffer {
        var lines = ByteBuffer()
        writeSizes(upTo: .distantFuture, into: &lines)
        for stream in [LogStream.output, .error] {
            if let rest = cutters[stream]?.finish() { write(rest, into: &lines) }
        }
        return lines
    }

    private mutating func write(_ text: String, into lines: inout ByteBuffer) {
        guard !text.isEmpty else { return }
        lines.writeString("[\(seconds), \"o\", \"")
        var escaped: [UInt8] = []
        escaped.reserveCapacity(text.utf8.count + text.utf8.count / 8)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\n"), job.spec.terminal == nil, lastByte != UInt8(ascii: "\r") {
                escaped += Self.cr
            }
            Self.escape(byte, into: &escaped)
            lastByte = byte
        }
        lines.writeBytes(escaped)
        lines.writeString("\"]\n")
    }

    private mutating func writeSizes(upTo limit: Date, into lines: inout ByteBuffer) {
        while let next = sizes.first, next.time <= limit {
            sizes = sizes.dropFirst()
            time = max(time, next.time.microseconds - start.microseconds)
            lines.writeString("[\(seconds), \"r\", \"\(next.size.columns)x\(next.size.rows)\"]\n")
        }
    }

    private var seconds: String {
        let fraction = String(time % 1_000_000)
        return "\(time / 1_000_000).\(String(repeating: "0", count: 6 - fraction.utf8.count))\(fraction)"
    }

    private static let cr = Array("\\r".utf8)
    private static let hexDigits = Array("0123456789abcdef".utf8)

    /// RFC 8259 §7.
    private static func escape(_ byte: UInt8, into bytes: inout [UInt8]) {
        switch byte {
        case UInt8(ascii: "\n"): bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
        case UInt8(ascii: "\r"): bytes += cr
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0x00...0x1f:
            bytes += Array("\\u00".utf8)
            bytes += [hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 0xf)]]
        default: bytes.append(byte)
        }
    }
}
