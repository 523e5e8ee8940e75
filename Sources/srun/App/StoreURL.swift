import Foundation

/// Which store to use, and where it is. This is the one list of stores there is: adding a backend adds a case here and
/// a line in `App.openStore`.
enum StoreLocation: Hashable, Sendable {
    case memory
    case sqlite(path: String)
    /// A URL or `key=value` pairs; empty where libpq's own environment and files say it.
    case postgres(address: String)

    var kind: String {
        switch self {
        case .memory: "memory"
        case .sqlite: "sqlite"
        case .postgres: "postgres"
        }
    }

    /// The kinds as a person writes them.
    static let kinds = ["sqlite", "postgres", "memory"]

    /// Why a text names no store.
    enum Refusal: Error, Hashable {
        case unknownKind
        case password
        case noPath
        case unexpectedPath

        var problem: String {
            switch self {
            case .unknownKind:
                "must name a store this version knows: \(StoreLocation.kinds.dropLast().joined(separator: ", ")) or \(StoreLocation.kinds.last ?? "")"
            case .password: "must not hold a password, because every user of this machine can read flags"
            case .noPath: "must name a file after 'sqlite:'"
            case .unexpectedPath: "must have nothing after 'memory:'"
            }
        }
    }

    /// Reads `sqlite`, `sqlite:PATH`, `postgres`, a URL of PostgreSQL, `memory` or `memory:`.
    ///
    /// - Parameters:
    ///   - isPublic: The text came as a flag, where a password would be visible to others.
    ///   - defaultPath: The file for plain `sqlite`.
    ///   - databaseURL: The database for plain `postgres`.
    init(_ text: String, isPublic: Bool, defaultPath: String, databaseURL: String = "") throws(Refusal) {
        if isPublic, Self.holdsPassword(text) { throw .password }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count > 1 ? String(parts[1]) : nil
        switch parts.first?.lowercased() {
        case "memory":
            guard rest?.isEmpty ?? true else { throw .unexpectedPath }
            self = .memory
        case "sqlite":
            guard let rest else {
                self = .sqlite(path: defaultPath)
                return
            }
            // sqlite:///var/lib/x and sqlite:/var/lib/x are the same file; sqlite:x is relative to the current folder.
            let path = rest.hasPrefix("//") ? String(rest.dropFirst(2)) : rest
            guard !path.isEmpty else { throw .noPath }
            self = .sqlite(path: path)
        case "postgres", "postgresql":
            guard let rest, !rest.isEmpty else {
                self = .postgres(address: databaseURL)
                return
            }
            // libpq knows what may follow; here it only must be a URL.
            guard rest.hasPrefix("//") else { throw .unknownKind }
            self = .postgres(address: text)
        default: throw .unknownKind
        }
    }

    /// Whether a URL holds `user:password@`, or a parameter named like one.
    static func holdsPassword(_ text: String) -> Bool {
        if text.lowercased().filter({ !$0.isWhitespace }).contains("password=") { return true }
        guard let scheme = text.range(of: "://") else { return false }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        return authority.lastIndex(of: "@").map { authority[..<$0].contains(":") } ?? false
    }
}
