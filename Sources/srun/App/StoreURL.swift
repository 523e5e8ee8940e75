import Foundation

/// Which store to use, and where it is. This is the one list of stores there is: adding a backend adds a case here and
/// a line in `App.openStore`.
enum StoreLocation: Hashable, Sendable {
    case memory
    case sqlite(path: String)

    /// The kinds as a person writes them.
    static let kinds = ["sqlite", "memory"]

    /// Why a text names no store.
    enum Refusal: Error, Hashable {
        case unknownKind
        case password
        case noPath
        case unexpectedPath

        var problem: String {
            switch self {
            case .unknownKind: "must name a store this version knows: \(StoreLocation.kinds.joined(separator: " or "))"
            case .password: "must not hold a password, because every user of this machine can read flags"
            case .noPath: "must name a file after 'sqlite:'"
            case .unexpectedPath: "must have nothing after 'memory:'"
            }
        }
    }

    /// Reads `sqlite`, `sqlite:PATH`, `memory` or `memory:`.
    ///
    /// - Parameters:
    ///   - isPublic: The text came as a flag, where a password would be visible to others.
    ///   - defaultPath: The file for plain `sqlite`.
    init(_ text: String, isPublic: Bool, defaultPath: String) throws(Refusal) {
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
        default: throw .unknownKind
        }
    }

    /// Whether a URL holds `user:password@`, or a parameter named like one.
    static func holdsPassword(_ text: String) -> Bool {
        guard let scheme = text.range(of: "://") else { return false }
        let authority = text[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" }
        if let at = authority.lastIndex(of: "@"), authority[..<at].contains(":") { return true }
        return text.lowercased().contains("password=")
    }
}
