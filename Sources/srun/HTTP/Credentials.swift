import NIOHTTP1

/// What a request offers as proof of who makes it.
struct Credentials: Sendable {
    var bearer: String?
    var session: String?
    /// An `Authorization` field that cannot be read is refused, rather than ignored in favour of a cookie.
    var areBroken = false

    /// - Parameter isSecure: Whether the caller is known to have come over TLS: then only the cookie counts that nobody else
    ///   can have set.
    init(_ headers: HTTPHeaders, isSecure: Bool = false) {
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
        // RFC 6265 §4.2.1. Of two cookies with our name the first counts: browsers send the one with the longest path
        // first.
        for field in headers["cookie"] where session == nil {
            for pair in field.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, let name = parts.first, let value = parts.last else { continue }
                if String(name).trimmingSpaces == cookieName {
                    session = String(value).trimmingSpaces
                    break
                }
            }
        }
    }
}

extension String {
    /// Without the spaces and tabs around it, which HTTP allows (RFC 9110 §5.6.3).
    var trimmingSpaces: String {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        guard let first = firstIndex(where: { !isSpace($0) }), let last = lastIndex(where: { !isSpace($0) }) else {
            return ""
        }
        return String(self[first...last])
    }
}
