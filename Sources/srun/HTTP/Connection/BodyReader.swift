import NIOCore
import NIOHTTP1

/// Collects the body of a request, up to the limit.
struct BodyReader {
    /// Whether the head says that a body follows.
    let isDeclared: Bool
    private(set) var isComplete = false
    private(set) var bytes = ByteBuffer()

    init(_ head: HTTPRequestHead) {
        let length = head.headers["content-length"].first
        isDeclared = head.headers.contains(name: "transfer-encoding") || length.map { Int($0) != 0 } ?? false
    }

    /// - Throws: ``RequestError/bodyTooLarge``; what has come in by then is dropped.
    mutating func take(_ input: ConnectionInput) throws(RequestError) {
        switch input {
        case .request(.body(var part)):
            guard bytes.readableBytes + part.readableBytes <= RequestLimits.bodyBytes else { throw .bodyTooLarge }
            bytes.writeBuffer(&part)
        case .request(.end): isComplete = true
        case .request(.head), .frame: break
        }
    }
}
