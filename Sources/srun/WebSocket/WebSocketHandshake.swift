import Crypto
import Foundation
import HTTPTypes
import NIOHTTP1

/// The client's half of an opening handshake, checked (RFC 6455 §4.2.1).
struct WebSocketHandshake: Sendable {
    /// The subprotocol we speak, if the client offered it.
    let subprotocol: String?
    private let key: String

    static let version1 = "srun.v1"

    static func isRequested(by head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == "websocket" }
    }

    /// - Throws: ``RequestError`` `bad_upgrade`; another version than 13 is told which one we speak (§4.2.2).
    init(_ head: HTTPRequestHead) throws(RequestError) {
        let headers = head.headers
        guard head.method == .GET, !head.isHTTP10 else { throw .badUpgrade("a WebSocket needs GET and HTTP/1.1") }
        guard headers[canonicalForm: "connection"].contains(where: { $0.lowercased() == "upgrade" }) else {
            throw .badUpgrade("Connection: Upgrade is missing")
        }
        guard !headers.contains(name: "transfer-encoding"), headers["content-length"].allSatisfy({ $0 == "0" }) else {
            throw .badUpgrade("an upgrade has no body")
        }
        guard headers["sec-websocket-version"] == ["13"] else {
            var error = RequestError(.upgradeRequired, "bad_upgrade", "the version of WebSocket must be 13")
            if let name = HTTPField.Name("Sec-WebSocket-Version") { error.headers[name] = "13" }
            throw error
        }
        let keys = headers["sec-websocket-key"]
        guard let key = keys.first, keys.count == 1, Data(base64Encoded: key)?.count == 16 else {
            throw .badUpgrade("Sec-WebSocket-Key must be 16 bytes in base64")
        }
        self.key = key
        subprotocol = OfferedProtocols(headers).names.contains { $0 == Self.version1 } ? Self.version1 : nil
    }

    /// The server's half (§4.2.2).
    var responseHead: HTTPResponseHead {
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": Data(digest).base64EncodedString(),
        ]
        if let subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        return HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
    }
}

extension RequestError {
    static func badUpgrade(_ sentence: String) -> RequestError {
        RequestError(.badRequest, "bad_upgrade", sentence)
    }
}
