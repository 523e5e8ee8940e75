/// The names by which this server may be addressed.
///
/// A page on the Internet can let its own name resolve to 127.0.0.1 ("DNS rebinding"); the browser then takes srun for
/// the page's own server. Only the `Host` field tells the two apart, so it is checked before anything else.
struct HostRule: Sendable {
    private let allowed: Set<Authority>

    /// - Throws: ``ServerError`` for an allowed host that is not a host or `host:port`.
    init(boundTo host: String, allowedHosts: [String]) throws(ServerError) {
        var allowed: Set<Authority> = []
        for name in ["localhost", "127.0.0.1", "::1", host] {
            allowed.insert(Authority(host: Authority.normalized(name), port: nil))
        }
        for text in allowedHosts {
            guard let authority = Authority(text) else {
                throw ServerError(.invalidConfiguration, "'\(text)' is not a host name, with or without a port")
            }
            allowed.insert(authority)
        }
        self.allowed = allowed
    }

    /// Whether the name is ours. A name allowed without a port is allowed with any: behind a forwarded port (`ssh -L`)
    /// the browser uses a number that this server never hears of.
    ///
    /// - Parameter localAddress: The address this connection came in on. It cannot be rebound, because it is no name;
    ///   without it, a server bound to every address would have to be told each of them.
    func allows(_ authority: Authority, localAddress: String?) -> Bool {
        let name = Authority(host: authority.host, port: nil)
        return allowed.contains(authority) || allowed.contains(name)
            || localAddress.map(Authority.normalized) == authority.host
    }
}
