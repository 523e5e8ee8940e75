/// How far somebody is trusted. Each one may do what those before it may.
public enum Role: String, Sendable, Hashable, Codable, CaseIterable, Comparable {
    /// Sees jobs and their output.
    case viewer
    /// Starts and stops jobs, and types into them.
    case `operator`
    /// Removes jobs, lets others in, and reads the audit.
    case admin

    public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .viewer: 0
        case .operator: 1
        case .admin: 2
        }
    }
}
