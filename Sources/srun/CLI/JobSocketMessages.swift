import Foundation
import SrunKit

/// What a client says on a job's WebSocket.
enum ClientMessage: Encodable, Sendable {
    case ack(Int64)
    case input([UInt8])
    case resize(TerminalSize)

    private enum CodingKeys: CodingKey { case type, offset, base64, cols, rows }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .ack(let offset):
            try fields.encode("ack", forKey: .type)
            try fields.encode(offset, forKey: .offset)
        case .input(let bytes):
            try fields.encode("input", forKey: .type)
            try fields.encode(Data(bytes).base64EncodedString(), forKey: .base64)
        case .resize(let size):
            try fields.encode("resize", forKey: .type)
            try fields.encode(size.columns, forKey: .cols)
            try fields.encode(size.rows, forKey: .rows)
        }
    }
}

/// What the server says there, as far as a client of the command line needs it.
enum ServerMessage: Decodable, Sendable {
    /// With what paints the screen of a full-screen program, if that was asked for.
    case hello(from: Int64, status: String, terminal: TerminalSize?, screen: [UInt8]?)
    /// So many bytes are missing here.
    case gap(Int64)
    /// The terminal has taken so much of our input.
    case taken(Int64)
    case end
    /// Of a newer server, or for somebody else.
    case other

    private struct Terminal: Decodable {
        let cols: Int
        let rows: Int
    }

    private struct Screen: Decodable {
        let base64: String
    }

    private enum CodingKeys: CodingKey { case type, from, status, tty, bytes, screen }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        switch try fields.decode(String.self, forKey: .type) {
        case "hello":
            // `false` for a job on pipes.
            let terminal = try? fields.decode(Terminal.self, forKey: .tty)
            self = .hello(
                from: try fields.decode(Int64.self, forKey: .from),
                status: try fields.decode(String.self, forKey: .status),
                terminal: terminal.map { TerminalSize(columns: $0.cols, rows: $0.rows) },
                screen: (try? fields.decode(Screen.self, forKey: .screen)).flatMap { Data(base64Encoded: $0.base64) }
                    .map { [UInt8]($0) })
        case "gap": self = .gap(try fields.decode(Int64.self, forKey: .bytes))
        case "input": self = .taken(try fields.decode(Int64.self, forKey: .bytes))
        case "end": self = .end
        default: self = .other
        }
    }
}
