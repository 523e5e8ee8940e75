/// The cookie of a session (RFC 6265 §4.1): scripts cannot read it, and the browser adds it only to what this server's own
/// pages ask for.
enum SessionCookie {
    static let plainName = "srun_session"
    /// The prefix makes the browser refuse the cookie from anybody who has not proved to be this very host over TLS.
    static let secureName = "__Host-srun"

    static func field(_ value: String, maxAge: Int, isSecure: Bool) -> String {
        "\(isSecure ? secureName : plainName)=\(value); HttpOnly; SameSite=Strict; Path=/; Max-Age=\(maxAge)"
            + (isSecure ? "; Secure" : "")
    }
}
