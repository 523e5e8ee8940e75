/// What somebody may do. A later right does not imply an earlier one; an identity has a set of them.
enum Right: String, Sendable, Hashable, CaseIterable {
    /// See jobs and their output.
    case view
    /// Start, stop and restart jobs.
    case operate
    /// Type into the terminals of running jobs, and change their size.
    case input
    /// Remove jobs, and let others in.
    case administer
}

/// Who makes a request, and what they may do.
struct Identity: Hashable, Sendable {
    let name: String
    let rights: Set<Right>

    /// Whoever holds the server's token.
    static let administrator = Identity(name: "admin", rights: Set(Right.allCases))

    /// Everybody, on a server that was told not to ask.
    static let anonymous = Identity(name: "anonymous", rights: Set(Right.allCases))
}
