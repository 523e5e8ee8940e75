import NIOCore
import NIOWebSocket

/// Writes frames. Each call waits until the connection can take more, so a slow reader holds back whoever writes.
struct WebSocketSender: Sendable {
    private let outbound: NIOAsyncChannelOutboundWriter<ConnectionOutput>

    init(_ outbound: NIOAsyncChannelOutboundWriter<ConnectionOutput>) {
        self.outbound = outbound
    }

    func send(_ message: some Encodable) async throws {
        try await send(.text, JSONText.bytes(of: message))
    }

    func send(text: ByteBuffer) async throws {
        try await send(.text, text)
    }

    /// One binary message per buffer, its bytes uncopied.
    func send(binary buffers: [ByteBuffer]) async throws {
        try await outbound.write(
            contentsOf: buffers.map { .frame(WebSocketFrame(fin: true, opcode: .binary, data: $0)) })
    }

    func ping() async throws {
        try await send(.ping, ByteBuffer())
    }

    func pong(_ bytes: ByteBuffer) async throws {
        try await send(.pong, bytes)
    }

    /// Nothing that is written after this reaches the other end.
    func close(_ close: WebSocketClose) async throws {
        var bytes = ByteBuffer(integer: close.code)
        bytes.writeString(close.reason)
        try await send(.connectionClose, bytes)
    }

    private func send(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) async throws {
        try await outbound.write(.frame(WebSocketFrame(fin: true, opcode: opcode, data: bytes)))
    }
}
