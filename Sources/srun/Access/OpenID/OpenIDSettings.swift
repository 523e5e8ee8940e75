import Foundation

/// Which service signs people in, and as what it knows srun.
struct OpenIDSettings: Hashable, Sendable {
    /// As the service itself writes it, a slash at the end included: every token says it, and is compared byte for byte.
    let issuer: String
    let clientID: String
    /// Nil for a client without one, which PKCE alone protects.
    let clientSecret: String?
    /// What people call it.
    let name: String

    init(issuer: String, clientID: String, clientSecret: String?, name: String? = nil) {
        self.issuer = issuer
        self.clientID = clientID
        self.clientSecret = clientSecret
        self.name = name ?? URLComponents(string: issuer)?.host ?? issuer
    }

    /// Where the issuer describes itself (OpenID Connect Discovery §4).
    var discoveryURL: String {
        (issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer) + "/.well-known/openid-configuration"
    }

    /// Whether what goes to this address can be read by nobody on the way: HTTPS, or HTTP that stays on this machine.
    static func isSafe(_ url: String) -> Bool {
        guard url.utf8.count <= 2048, url.utf8.allSatisfy({ (0x21...0x7e).contains($0) }),
            let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty, parts.user == nil,
            parts.password == nil, parts.fragment == nil
        else { return false }
        switch parts.scheme?.lowercased() {
        case "https": return true
        case "http":
            let name = host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
            return ListenAddress(host: name, port: 0).isLoopback
        default: return false
        }
    }

    /// An issuer has no query either.
    static func isIssuer(_ url: String) -> Bool { isSafe(url) && !url.contains("?") }
}
