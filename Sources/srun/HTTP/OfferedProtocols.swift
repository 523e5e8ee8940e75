import NIOHTTP1

/// The subprotocols that the client of a WebSocket offers (RFC 6455 §4.1).
///
/// One of them may be no protocol but a token: a program that cannot set `Authorization`, as none in a browser can, puts it there,
/// beside the protocol it wants to speak. It is never answered with.
struct OfferedProtocols: Sendable {
    static let tokenPrefix = "srun.bearer."

    /// Without tokens.
    private(set) var names: [Substring] = []
    /// As they stand there, without the prefix.
    private(set) var tokens: [Substring] = []

    init(_ headers: HTTPHeaders) {
        for name in headers[canonicalForm: "sec-websocket-protocol"] {
            // Byte by byte: to a `String`, a sign with an accent behind it is another sign.
            if name.utf8.starts(with: Self.tokenPrefix.utf8) {
                tokens.append(Substring(name.utf8.dropFirst(Self.tokenPrefix.utf8.count)))
            } else {
                names.append(name)
            }
        }
    }

    /// The token that an entry stands for: unpadded base64url of its text. Nil for anything else.
    static func token(_ text: Substring) -> String? {
        guard let bytes = Base64URL.decode(text), !bytes.isEmpty else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }
}
