import NIOCore

@testable import srun

/// A WebSocket of a test, byte by byte.
struct TestSocket {
    var connection: RawConnection

    struct Frame: Sendable {
        let opcode: UInt8
        let bytes: [UInt8]

        var text: String { String(decoding: bytes, as: UTF8.self) }
        /// The code of a close frame.
        var code: Int? { opcode == 8 && bytes.count >= 2 ? Int(bytes[0]) << 8 | Int(bytes[1]) : nil }
        var json: JSONValueBox { JSONValueBox(bytes) }
    }

    static let key = "dGhlIHNhbXBsZSBub25jZQ=="

    static func handshake(_ path: String, _ server: TestServer, more: String = "") -> String {
        "GET \(path) HTTP/1.1\r\n\(server.authorized)Upgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: \(key)\r\nSec-WebSocket-Version: 13\r\n\(more)\r\n"
    }

    static func open<Result: Sendable>(
        _ path: String, on server: TestServer, more: String = "Sec-WebSocket-Protocol: srun.v1\r\n",
        _ body: (inout TestSocket) async throws -> Result
    ) async throws -> Result {
        try await RawConnection.open(server.port) { connection in
            try await connection.send(handshake(path, server, more: more))
            let response = try await connection.response()
            guard response.status == 101 else { throw RawConnectionEnded() }
            var socket = TestSocket(connection: connection)
            return try await body(&socket)
        }
    }

    static func frame(_ opcode: UInt8, _ bytes: [UInt8], fin: Bool = true) -> [UInt8] {
        let key: [UInt8] = [7, 11, 13, 17]
        var head: [UInt8] = [(fin ? 0x80 : 0) | opcode]
        switch bytes.count {
        case 0..<126: head.append(0x80 | UInt8(bytes.count))
        case 126..<65_536: head += [0x80 | 126, UInt8(bytes.count >> 8), UInt8(bytes.count & 0xff)]
        default: head += [0x80 | 127] + (0..<8).reversed().map { UInt8(bytes.count >> ($0 * 8) & 0xff) }
        }
        return head + key + bytes.enumerated().map { $1 ^ key[$0 % 4] }
    }

    func send(_ text: String) async throws {
        try await connection.send(bytes: Self.frame(1, Array(text.utf8)))
    }

    func send(_ opcode: UInt8, _ bytes: [UInt8], fin: Bool = true) async throws {
        try await connection.send(bytes: Self.frame(opcode, bytes, fin: fin))
    }

    mutating func next() async throws -> Frame {
        let head = try await connection.bytes(2)
        var length = Int(head[1] & 0x7f)
        if length == 126 {
            length = try await connection.bytes(2).reduce(0) { $0 << 8 | Int($1) }
        } else if length == 127 {
            length = try await connection.bytes(8).reduce(0) { $0 << 8 | Int($1) }
        }
        return Frame(opcode: head[0] & 0x0f, bytes: try await connection.bytes(length))
    }

    /// The next frame that is no ping.
    mutating func nextMessage() async throws -> Frame {
        while true {
            let frame = try await next()
            if frame.opcode != 9 { return frame }
        }
    }
}
