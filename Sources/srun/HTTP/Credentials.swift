import NIOHTTP1

/// What a request offers as proof of who makes it.
struct Credentials: Sendable {
    var bearer: String?
    var session: String?
    /// An `Authorization` field that cannot be read is refused, rather than ignored in favour of a cookie; so is a second token,
    /// wherever it stands.
    var areBroken = false

    /// - Parameters:
    ///   - isSecure: Whether the caller is known to have come over TLS: then only the cookie counts that nobody else can have set.
    ///   - isUpgrade: Whether the caller wants a WebSocket, and may have put the token among the subprotocols.
    init(_ headers: HTTPHeaders, isSecure: Bool = false, isUpgrade: Bool = false) {
        let cookieName = isSecure ? SessionCookie.secureName : SessionCookie.plainName
        let fields = headers["authorization"]
        if let field = fields.first {
            // RFC 6750 §2.1; the scheme's name is the same in any case (RFC 9110 §11.1).
            let parts = field.split(separator: " ", maxSplits: 1)
            if fields.count == 1, parts.count == 2, parts.first?.lowercased() == "bearer", let last = parts.last {
                bearer = String(last).trimmingSpaces
            } else {
                areBroken = true
            }
        }
        let offered = isUpgrade ? OfferedProtocols(headers).tokens : []
        if let token = offered.first {
            bearer = fields.isEmpty && offered.count == 1 ? OfferedProtocols.token(token) : nil
            areBroken = bearer == nil
        }
        session = Cookies.value(cookieName, in: headers["cookie"])
    }
}

/// Cookies as a browser sends them (RFC 6265 §4.2.1).
enum Cookies {
    /// Of two with the same name the first counts: browsers send the one with the longest path first.
    static func value(_ name: String, in fields: [String]) -> String? {
        for field in fields {
            // Byte by byte: to a `String`, a sign with an accent behind it is another sign.
            for pair in field.utf8.split(separator: UInt8(ascii: ";")) {
                guard let mark = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
                if pair[..<mark].trimmingSpaces.elementsEqual(name.utf8) {
                    return String(decoding: pair[pair.index(after: mark)...].trimmingSpaces, as: UTF8.self)
                }
            }
        }
        return nil
    }
}

extension String {
    /// Without the spaces and tabs around it, which HTTP allows (RFC 9110 §5.6.3).
    var trimmingSpaces: String { String(decoding: utf8.trimmingSpaces, as: UTF8.self) }
}

extension BidirectionalCollection<UInt8> {
    fileprivate var trimmingSpaces: SubSequence {
        let isText = { (byte: UInt8) in byte != UInt8(ascii: " ") && byte != UInt8(ascii: "\t") }
        guard let first = firstIndex(where: isText), let last = lastIndex(where: isText) else {
            return self[endIndex...]
        }
        return self[first...last]
    }
}
