public import Foundation
public import SrunKit
import Synchronization

extension MemoryStore: AccessStore {
    public func insert(_ user: AccessUser) async throws(StoreError) {
        let isNew = access.withLock { access in
            guard access.users[user.name] == nil, user.identity.map({ access.user($0) == nil }) ?? true else {
                return false
            }
            access.users[user.name] = user
            return true
        }
        if !isNew { throw StoreError(.alreadyExists, "There is such a user already.") }
    }

    public func user(_ name: String) async throws(StoreError) -> AccessUser? {
        access.withLock { $0.users[name] }
    }

    public func user(_ identity: IssuedIdentity) async throws(StoreError) -> AccessUser? {
        access.withLock { $0.user(identity) }
    }

    public func users() async throws(StoreError) -> [AccessUser] {
        access.withLock { $0.users.values.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) } }
    }

    public func change(_ user: String, _ change: AccessUserChange) async throws(StoreError) -> Bool {
        guard let isThere = access.withLock({ $0.change(user, change) }) else {
            throw StoreError(.alreadyExists, "Somebody else signs in as this already.")
        }
        return isThere
    }

    public func removeUser(_ name: String) async throws(StoreError) -> Bool {
        access.withLock { $0.removeUser(name) }
    }

    public func insert(_ token: AccessToken) async throws(StoreError) {
        let isNew = access.withLock { access in
            guard !access.tokens.values.contains(where: { $0.id == token.id || $0.digest == token.digest }) else {
                return false
            }
            access.tokens[token.digest] = token
            return true
        }
        if !isNew { throw StoreError(.alreadyExists, "There is such a token already.") }
    }

    public func token(digest: String) async throws(StoreError) -> AccessToken? {
        access.withLock { $0.tokens[digest] }
    }

    public func tokens() async throws(StoreError) -> [AccessToken] {
        access.withLock { $0.tokens.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) } }
    }

    public func touchToken(_ id: String, at time: Date) async throws(StoreError) {
        access.withLock { access in
            guard let token = access.tokens.values.first(where: { $0.id == id }),
                token.lastUsedAt.map({ $0 < time }) ?? true
            else { return }
            access.tokens[token.digest]?.lastUsedAt = time.inWholeMicroseconds
        }
    }

    public func removeToken(_ id: String) async throws(StoreError) -> Bool {
        access.withLock { access in
            guard let token = access.tokens.values.first(where: { $0.id == id }) else { return false }
            access.tokens[token.digest] = nil
            return true
        }
    }

    public func insert(_ session: AccessSession) async throws(StoreError) {
        access.withLock { $0.sessions[session.digest] = session }
    }

    public func session(_ digest: String) async throws(StoreError) -> AccessSession? {
        access.withLock { $0.sessions[digest] }
    }

    public func touchSession(_ digest: String, at time: Date) async throws(StoreError) {
        access.withLock { access in
            guard let session = access.sessions[digest], session.lastUsedAt < time else { return }
            access.sessions[digest]?.lastUsedAt = time.inWholeMicroseconds
        }
    }

    public func removeSession(_ digest: String) async throws(StoreError) {
        access.withLock { _ = $0.sessions.removeValue(forKey: digest) }
    }

    public func removeSessions(lastUsedBefore idle: Date, createdBefore old: Date) async throws(StoreError) {
        access.withLock { access in
            access.sessions = access.sessions.filter { $0.value.lastUsedAt >= idle && $0.value.createdAt >= old }
        }
    }

    public func append(_ event: AuditEvent) async throws(StoreError) {
        access.withLock { $0.append(event) }
    }

    public func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
        access.withLock { $0.entries(query) }
    }
}
