import SrunKit

/// What somebody may do. A later right does not imply an earlier one; an identity has a set of them.
enum Right: String, Sendable, Hashable, CaseIterable {
    /// See jobs and their output.
    case view
    /// Start, stop and restart jobs.
    case operate
    /// Type into the terminals of running jobs, and change their size.
    case input
    /// Remove jobs, let others in, and read the audit.
    case administer
}

extension Role {
    var rights: Set<Right> {
        switch self {
        case .viewer: [.view]
        case .operator: [.view, .operate, .input]
        case .admin: Set(Right.allCases)
        }
    }
}

/// Who makes a request, and what they may do.
struct Identity: Hashable, Sendable {
    let name: String
    let role: Role
    /// Set for somebody who has an entry among the users; nil for the server's own administrator and its tokens.
    var user: String?
    /// Whether jobs of others are only to be looked at.
    var isLimitedToOwnJobs = false

    var rights: Set<Right> { role.rights }

    /// Whoever holds the server's token.
    static let administrator = Identity(name: "admin", role: .admin)

    /// Everybody, on a server that was told not to ask.
    static let anonymous = Identity(name: "anonymous", role: .admin)

    /// Whether this one may stop, restart, change or type into a job that somebody has made.
    func mayAct(onJobOf creator: String?) -> Bool {
        !isLimitedToOwnJobs || role == .admin || creator == name
    }
}
