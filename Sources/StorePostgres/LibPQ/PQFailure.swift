/// Why a statement did not succeed.
struct PQFailure: Error, Sendable {
    enum Kind: Sendable, Hashable {
        /// The connection is gone or was never there. Whether the statement took effect is unknown.
        case connection
        /// The server has refused it; the connection is fine.
        case server
    }

    let kind: Kind
    /// Five characters (PostgreSQL, appendix A), or empty.
    let state: String
    /// For logs only: it may name hosts and users, never a password.
    let message: String

    static func connection(_ message: String, state: String = "") -> PQFailure {
        PQFailure(kind: .connection, state: state, message: message)
    }

    /// Worth another try on another connection, when the statement may be repeated at all: the connection broke, the server is
    /// going down or coming up, or has chosen this transaction to give way.
    var isTransient: Bool {
        kind == .connection || ["40001", "40P01", "55P03", "57014"].contains(state) || state.hasPrefix("57P")
            || state.hasPrefix("53") || state.hasPrefix("08")
    }

    /// The session is of no use any more. One with a server that has become a standby is left for the new primary.
    var breaksConnection: Bool {
        kind == .connection || state.hasPrefix("57P") || state.hasPrefix("08") || ["25P03", "25006"].contains(state)
    }
}
