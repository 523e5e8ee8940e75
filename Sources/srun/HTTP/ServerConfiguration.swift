/// Where a server listens, and by which names it is known.
struct ServerConfiguration: Sendable {
    let host: String
    /// 0 lets the system choose.
    let port: Int
    let hosts: HostRule
    let proxies: TrustedProxies
    var sockets = WebSocketLimits()
    var connections = ConnectionLimits.standard
    /// Certificate and key; nil for plain HTTP.
    var identity: TLSIdentity?
    /// Browsers are told to come by HTTPS only (RFC 6797).
    var demandsHTTPS = false
    /// What ``ServerDescription`` says of the store and of signing in.
    var store = "memory"
    var auth = "token"
    /// Another service that signs people in.
    var issuer: OpenIDIssuer?
    /// The field in which a trusted proxy says who somebody is; nil when none may.
    var vouchingField: String?
    /// How fast one person may start jobs; nil for any speed.
    var startRate: StartRate? = .standard
    /// One that listens at that address already; otherwise the server makes its own.
    var listener: ListeningSocket?

    /// - Parameters:
    ///   - allowedHosts: Further names, each with or without a port.
    ///   - trustedProxies: Addresses and networks (`10.0.0.0/8`) whose `X-Forwarded-...` fields are believed.
    /// - Throws: ``ServerError/Code/invalidConfiguration``.
    init(host: String, port: Int, allowedHosts: [String] = [], trustedProxies: [String] = []) throws(ServerError) {
        self.host = host
        self.port = port
        hosts = try HostRule(boundTo: host, allowedHosts: allowedHosts)
        proxies = try TrustedProxies(trustedProxies)
    }
}
