/// Why a WebSocket ends: a code for programs (RFC 6455 §7.4) and a few words for people.
struct WebSocketClose: Error, Hashable, Sendable {
    let code: UInt16
    let reason: String

    init(_ code: UInt16, _ reason: String = "") {
        self.code = code
        self.reason = reason
    }

    static let normal = WebSocketClose(1000)
    static let wrongData = WebSocketClose(1003, "text was expected")
    static let invalidText = WebSocketClose(1007, "text must be UTF-8")
    static let tooLarge = WebSocketClose(1009, "the message is too large")
    static let failed = WebSocketClose(1011, "the server could not go on")
    static let goingDown = WebSocketClose(1012, "the server is going down")
    static let fellBehind = WebSocketClose(1013, "the reader fell behind")
    static let signedOut = WebSocketClose(4401, "signed out")
    static let jobRemoved = WebSocketClose(4404, "the job was removed")

    static func violation(_ reason: String) -> WebSocketClose { WebSocketClose(1002, reason) }

    /// Whether a peer may send this code (§7.4.1 and the registry that §11.7 sets up; 1004 to 1006 and 1015 are never
    /// sent).
    static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
