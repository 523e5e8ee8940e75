import NIOCore
import NIOWebSocket

enum WebSocketMessage: Hashable, Sendable {
    case text(ByteBuffer)
    case binary(ByteBuffer)
}

/// Checks the frames of a client and puts its messages together.
///
/// NIO's decoder finds the borders of frames and their sizes; whether a frame may come, here and now, is decided in
/// this type. It is a value without I/O: frames go in, events or the reason to close come out.
struct MessageAssembler: Sendable {
    enum Event: Hashable, Sendable {
        case message(WebSocketMessage)
        case ping(ByteBuffer)
        case pong
        /// With the code that answers it.
        case close(WebSocketClose)
        /// A fragment; the message goes on.
        case incomplete
    }

    private struct Partial: Sendable {
        let isText: Bool
        var bytes = ByteBuffer()
        var validator = UTF8Validator()
    }

    private let limit: Int
    private var partial: Partial?

    init(limit: Int) {
        self.limit = limit
    }

    /// - Throws: How the connection must end, because the client broke the protocol.
    mutating func receive(_ frame: WebSocketFrame) throws(WebSocketClose) -> Event {
        // RFC 6455 §5.1: what a client does not mask, a proxy in between might take for something else.
        guard frame.maskKey != nil else { throw .violation("frames must be masked") }
        // §5.2: they belong to extensions, and none was agreed on.
        guard frame.reservedBits.isEmpty else { throw .violation("reserved bits must be 0") }
        let bytes = frame.unmaskedData
        switch frame.opcode {
        case .text, .binary:
            guard partial == nil else { throw .violation("the message before was not finished") }
            return try append(bytes, to: Partial(isText: frame.opcode == .text), isLast: frame.fin)
        case .continuation:
            guard let partial else { throw .violation("there is nothing to continue") }
            return try append(bytes, to: partial, isLast: frame.fin)
        case .ping, .pong, .connectionClose:
            // §5.5.
            guard frame.fin, bytes.readableBytes <= 125 else { throw .violation("a control frame is whole and short") }
            if frame.opcode == .connectionClose { return .close(try answer(toClose: bytes)) }
            return frame.opcode == .ping ? .ping(bytes) : .pong
        default:
            throw .violation("there is no such opcode")
        }
    }

    private mutating func append(
        _ bytes: ByteBuffer, to message: Partial, isLast: Bool
    ) throws(WebSocketClose) -> Event {
        var message = message
        guard message.bytes.readableBytes + bytes.readableBytes <= limit else { throw .tooLarge }
        // §8.1: text is checked as it comes, so a message that cannot become valid is not waited for.
        if message.isText {
            guard message.validator.append(bytes.readableBytesView) else { throw .invalidText }
            guard !isLast || message.validator.isComplete else { throw .invalidText }
        }
        message.bytes.writeImmutableBuffer(bytes)
        guard isLast else {
            partial = message
            return .incomplete
        }
        partial = nil
        return .message(message.isText ? .text(message.bytes) : .binary(message.bytes))
    }

    /// §5.5.1: the same code goes back.
    private func answer(toClose bytes: ByteBuffer) throws(WebSocketClose) -> WebSocketClose {
        var bytes = bytes
        guard bytes.readableBytes > 0 else { return .normal }
        guard let code = bytes.readInteger(as: UInt16.self), WebSocketClose.mayBeSent(code) else {
            throw .violation("there is no such close code")
        }
        guard String(validating: bytes.readableBytesView, as: UTF8.self) != nil else { throw .invalidText }
        return WebSocketClose(code)
    }
}
