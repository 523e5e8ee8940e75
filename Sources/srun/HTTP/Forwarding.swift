import HTTPTypes
import NIOCore
import NIOHTTP1

/// Works out under which address a request was made, through proxies that are trusted and in spite of those that are
/// not.
struct Forwarding: Sendable {
    let hosts: HostRule
    let proxies: TrustedProxies
    /// What this server speaks itself.
    var scheme = Scheme.http

    /// Checks the name by which the server was addressed.
    ///
    /// Behind a trusted proxy the name, the scheme and the prefix are those of its `X-Forwarded-...` fields, because it
    /// is the proxy that the browser talks to. Of several values the last counts: the proxy next to us wrote it, and
    /// those before it may come from the browser.
    ///
    /// - Throws: ``RequestError`` `bad_host` or `bad_prefix`.
    func base(
        of head: HTTPRequestHead, target: RequestTarget, peer: SocketAddress?, local: SocketAddress?
    ) throws(RequestError) -> BaseAddress {
        // RFC 9112 §3.2: a request without exactly one Host is not to be answered otherwise than with an error.
        let fields = head.headers["host"]
        guard fields.count == 1, let field = fields.first, let host = Authority(field) else { throw .badHost }
        var authority = host
        var scheme = self.scheme
        var prefix = ""
        if proxies.contains(peer) {
            if let text = last(of: "x-forwarded-host", head) {
                guard let forwarded = Authority(text) else { throw .badHost }
                authority = forwarded
            }
            scheme = last(of: "x-forwarded-proto", head).flatMap { Scheme(rawValue: $0.lowercased()) } ?? self.scheme
            prefix = try self.prefix(of: head)
        }
        guard hosts.allows(authority, localAddress: local?.ipAddress) else { throw .badHost }
        // RFC 9112 §3.2.2: the absolute form counts more than Host. It is for proxies, which srun is not, so it may
        // only repeat.
        guard target.authority == nil || target.authority == host else { throw .badHost }
        return BaseAddress(scheme: scheme, authority: authority, prefix: prefix)
    }

    /// Who is at the other end of the proxies: the last address in `X-Forwarded-For` that is no trusted proxy. What stands
    /// before it may have been written by anybody.
    func client(of head: HTTPRequestHead, peer: SocketAddress?) -> String? {
        guard proxies.contains(peer) else { return peer?.ipAddress }
        let hops = head.headers[canonicalForm: "x-forwarded-for"].reversed().map(String.init)
        for hop in hops {
            guard let address = Self.address(hop) else { return peer?.ipAddress }
            if !proxies.contains(address) { return address.ipAddress }
        }
        return peer?.ipAddress
    }

    /// An address with or without a port.
    private static func address(_ text: String) -> SocketAddress? {
        if let address = try? SocketAddress(ipAddress: text, port: 0) { return address }
        guard let authority = Authority(text) else { return nil }
        return try? SocketAddress(ipAddress: authority.host, port: 0)
    }

    private func last(of name: String, _ head: HTTPRequestHead) -> String? {
        head.headers[canonicalForm: name].last.map(String.init)
    }

    /// At most 8 segments of unreserved characters, `^(/[A-Za-z0-9._~-]+){0,8}$`: what is let through here can stand in
    /// HTML, in a URL and in a header as it is.
    private func prefix(of head: HTTPRequestHead) throws(RequestError) -> String {
        let values = head.headers["x-forwarded-prefix"]
        guard let value = values.first else { return "" }
        let bytes = Array(value.utf8)
        let segments = bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false).dropFirst()
        let isFine =
            bytes.isEmpty
            || bytes.first == UInt8(ascii: "/") && segments.count <= 8
                && segments.allSatisfy { segment in
                    !segment.isEmpty && !segment.elementsEqual(".".utf8) && !segment.elementsEqual("..".utf8)
                        && segment.allSatisfy(PercentCoding.isUnreserved)
                }
        guard values.count == 1, isFine else {
            throw RequestError(.badRequest, "bad_prefix", "X-Forwarded-Prefix must be a plain path like /tools/srun")
        }
        return value
    }
}

extension RequestError {
    fileprivate static let badHost: RequestError = .malformed(
        "this server does not answer to that name; a further one is allowed with --allowed-host",
        status: .misdirectedRequest, code: "bad_host")
}
