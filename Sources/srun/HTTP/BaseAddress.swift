/// The address under which the caller reaches this server.
struct BaseAddress: Hashable, Sendable {
    let scheme: Scheme
    let authority: Authority
    /// The path that a proxy has put before ours, without a slash at its end; usually empty.
    let prefix: String

    /// How a browser writes the origin of a page that came from here (RFC 6454 §6.2).
    var origin: String { "\(scheme.rawValue)://\(authority.withoutDefaultPort(of: scheme))" }

    var url: String { origin + prefix }
}
