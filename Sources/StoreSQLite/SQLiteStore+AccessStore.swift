public import Foundation
import GRDB
public import SrunKit

extension SQLiteStore: AccessStore {
    // MARK: Users

    public func insert(_ user: AccessUser) async throws(StoreError) {
        try await writer.perform(.power) { db in
            try db.cachedStatement(
                sql: """
                    INSERT INTO users
                        (name, role, password_hash, created_at, last_sign_in_at, disabled, issuer, subject)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """
            ).execute(arguments: [
                user.name, user.role.rawValue, user.passwordHash, user.createdAt.column, user.lastSignInAt?.column,
                user.isDisabled, user.identity?.issuer, user.identity?.subject,
            ])
            guard db.changesCount == 1 else { throw StoreError(.alreadyExists, "There is such a user already.") }
        }
    }

    public func user(_ name: String) async throws(StoreError) -> AccessUser? {
        try await read { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM users WHERE name = ?"), arguments: [name])
                .map(AccessRows.user(from:))
        }
    }

    public func user(_ identity: IssuedIdentity) async throws(StoreError) -> AccessUser? {
        try await read { db in
            try Row.fetchOne(
                db.cachedStatement(sql: "SELECT * FROM users WHERE issuer = ? AND subject = ?"),
                arguments: [identity.issuer, identity.subject]
            ).map(AccessRows.user(from:))
        }
    }

    public func users() async throws(StoreError) -> [AccessUser] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM users ORDER BY name").map(AccessRows.user(from:))
        }
    }

    public func change(_ user: String, _ change: AccessUserChange) async throws(StoreError) -> Bool {
        let (columns, values): (String, [(any DatabaseValueConvertible)?]) =
            switch change {
            case .role(let role): ("role = ?", [role.rawValue])
            case .passwordHash(let hash): ("password_hash = ?", [hash])
            case .disabled(let isDisabled): ("disabled = ?", [isDisabled])
            case .identity(let identity): ("issuer = ?, subject = ?", [identity?.issuer, identity?.subject])
            case .signedIn(let time): ("last_sign_in_at = ?", [time.column])
            }
        let arguments = StatementArguments(values + [user])
        return try await writer.perform(change.endsSessions ? .power : .process) { db in
            try db.execute(sql: "UPDATE OR IGNORE users SET \(columns) WHERE name = ?", arguments: arguments)
            guard db.changesCount == 1 else {
                let isThere = try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM users WHERE name = ?)", arguments: [user])
                guard isThere == true else { return false }
                throw StoreError(.alreadyExists, "Somebody else signs in as this already.")
            }
            if change.endsSessions {
                try db.execute(sql: "DELETE FROM sessions WHERE user = ?", arguments: [user])
            }
            return true
        }
    }

    public func removeUser(_ name: String) async throws(StoreError) -> Bool {
        try await writer.perform(.power) { db in
            // Tokens and sessions go with the user: the tables say so.
            try db.execute(sql: "DELETE FROM users WHERE name = ?", arguments: [name])
            return db.changesCount == 1
        }
    }

    // MARK: Tokens

    public func insert(_ token: AccessToken) async throws(StoreError) {
        try await writer.perform(.power) { db in
            try db.execute(
                sql: """
                    INSERT INTO tokens (id, digest, name, user, role, prefix, created_at, expires_at, last_used_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    token.id, token.digest, token.name, token.user, token.role.rawValue, token.prefix,
                    token.createdAt.column, token.expiresAt?.column, token.lastUsedAt?.column,
                ])
            guard db.changesCount == 1 else { throw StoreError(.alreadyExists, "There is such a token already.") }
        }
    }

    public func token(digest: String) async throws(StoreError) -> AccessToken? {
        try await read { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM tokens WHERE digest = ?"), arguments: [digest])
                .map(AccessRows.token(from:))
        }
    }

    public func tokens() async throws(StoreError) -> [AccessToken] {
        try await read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM tokens ORDER BY created_at, id").map(AccessRows.token(from:))
        }
    }

    public func touchToken(_ id: String, at time: Date) async throws(StoreError) {
        let time = time.column
        try await writer.perform(.process) { db in
            try db.execute(
                sql: "UPDATE tokens SET last_used_at = ? WHERE id = ? AND coalesce(last_used_at < ?, TRUE)",
                arguments: [time, id, time])
        }
    }

    public func removeToken(_ id: String) async throws(StoreError) -> Bool {
        try await writer.perform(.power) { db in
            try db.execute(sql: "DELETE FROM tokens WHERE id = ?", arguments: [id])
            return db.changesCount == 1
        }
    }

    // MARK: Sessions

    public func insert(_ session: AccessSession) async throws(StoreError) {
        try await writer.perform(.process) { db in
            try db.execute(
                sql: """
                    INSERT OR REPLACE INTO sessions (digest, user, granted_by, created_at, last_used_at)
                    VALUES (?, ?, ?, ?, ?)
                    """,
                arguments: [
                    session.digest, session.user, session.grantedBy, session.createdAt.column,
                    session.lastUsedAt.column,
                ])
        }
    }

    public func session(_ digest: String) async throws(StoreError) -> AccessSession? {
        try await read { db in
            try Row.fetchOne(db.cachedStatement(sql: "SELECT * FROM sessions WHERE digest = ?"), arguments: [digest])
                .map(AccessRows.session(from:))
        }
    }

    public func touchSession(_ digest: String, at time: Date) async throws(StoreError) {
        let time = time.column
        try await writer.perform(.process) { db in
            try db.execute(
                sql: "UPDATE sessions SET last_used_at = ? WHERE digest = ? AND last_used_at < ?",
                arguments: [time, digest, time])
        }
    }

    public func removeSession(_ digest: String) async throws(StoreError) {
        // A session that was ended must not come back with the power.
        try await writer.perform(.power) { db in
            try db.execute(sql: "DELETE FROM sessions WHERE digest = ?", arguments: [digest])
        }
    }

    public func removeSessions(lastUsedBefore idle: Date, createdBefore old: Date) async throws(StoreError) {
        let (idle, old) = (idle.column, old.column)
        try await writer.perform(.process) { db in
            try db.execute(
                sql: "DELETE FROM sessions WHERE last_used_at < ? OR created_at < ?", arguments: [idle, old])
        }
    }

    // MARK: Audit

    public func append(_ event: AuditEvent) async throws(StoreError) {
        try await writer.perform(.process) { db in
            try db.cachedStatement(
                sql: """
                    INSERT INTO audit (time, user, address, action, job, detail, result) VALUES (?, ?, ?, ?, ?, ?, ?)
                    """
            ).execute(arguments: [
                event.time.column, event.user, event.address, event.action, event.job, event.detail, event.result,
            ])
        }
    }

    public func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
        var conditions: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        if let before = query.before {
            conditions.append("id < ?")
            arguments.append(before)
        }
        if let user = query.user {
            conditions.append("user = ?")
            arguments.append(user)
        }
        if let action = query.action {
            conditions.append("action = ?")
            arguments.append(action)
        }
        arguments.append(min(max(query.limit, 1), AuditQuery.maximumLimit))
        let filter = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) "
        let values = StatementArguments(arguments)
        return try await read { db in
            try Row.fetchAll(
                db.cachedStatement(sql: "SELECT * FROM audit \(filter)ORDER BY id DESC LIMIT ?"), arguments: values
            ).map(AccessRows.entry(from:))
        }
    }
}
