import NIOHTTP1
import NIOWebSocket

/// What comes in on a connection: requests, and after an upgrade frames.
enum ConnectionInput: Sendable {
    case request(HTTPServerRequestPart)
    case frame(WebSocketFrame)
}

/// What goes out on a connection.
enum ConnectionOutput: Sendable {
    case response(HTTPServerResponsePart)
    /// The head of a 101 answer. Everything after it is frames, in both directions.
    case upgrade(HTTPResponseHead)
    case frame(WebSocketFrame)
}

/// The caller took too long; fired into the pipeline, so that it arrives where the caller's next words would.
struct RequestTimeout: Error {}
