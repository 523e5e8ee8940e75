import Foundation
import SrunKit

/// Users, tokens, sessions and the audit of a memory store.
struct MemoryAccess {
    /// So many entries of the audit are kept; a database keeps all.
    static let auditLimit = 100_000

    var users: [String: AccessUser] = [:]
    var tokens: [String: AccessToken] = [:]
    var sessions: [String: AccessSession] = [:]
    private var audit: [AuditEntry] = []
    private var lastEntry: Int64 = 0

    func user(_ identity: IssuedIdentity) -> AccessUser? {
        users.values.first { $0.identity == identity }
    }

    /// - Returns: Nil for an identity that somebody else has.
    mutating func change(_ name: String, _ change: AccessUserChange) -> Bool? {
        guard users[name] != nil else { return false }
        if case .identity(let identity?) = change, let owner = user(identity), owner.name != name { return nil }
        switch change {
        case .role(let role): users[name]?.role = role
        case .passwordHash(let hash): users[name]?.passwordHash = hash
        case .disabled(let isDisabled): users[name]?.isDisabled = isDisabled
        case .identity(let identity): users[name]?.identity = identity
        case .signedIn(let time): users[name]?.lastSignInAt = time.inWholeMicroseconds
        }
        if change.endsSessions { sessions = sessions.filter { $0.value.user != name } }
        return true
    }

    mutating func removeUser(_ name: String) -> Bool {
        guard users.removeValue(forKey: name) != nil else { return false }
        sessions = sessions.filter { $0.value.user != name }
        tokens = tokens.filter { $0.value.user != name }
        return true
    }

    mutating func append(_ event: AuditEvent) {
        lastEntry += 1
        audit.append(AuditEntry(id: lastEntry, event: event))
        if audit.count > Self.auditLimit { audit.removeFirst(Self.auditLimit / 10) }
    }

    func entries(_ query: AuditQuery) -> [AuditEntry] {
        let limit = min(max(query.limit, 1), AuditQuery.maximumLimit)
        return Array(
            audit.reversed().lazy.filter { entry in
                query.before.map { entry.id < $0 } ?? true
                    && query.user.map { entry.event.user == $0 } ?? true
                    && query.action.map { entry.event.action == $0 } ?? true
            }.prefix(limit))
    }
}
