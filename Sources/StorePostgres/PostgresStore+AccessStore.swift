public import Foundation
public import SrunKit

extension PostgresStore: AccessStore {
    /// Writes what may be written twice; once more when the connection broke.
    private func write(_ statements: [PQStatement]) async throws(StoreError) -> [PQResult] {
        do {
            return Array(try await pool.performAgain([.begin(), .limits] + statements + [.commit]).dropFirst(2))
        } catch {
            throw StoreError(error)
        }
    }

    /// Inserts a row, unless there is one. Not repeated by itself: the answer would then be that there is one.
    private func insert(_ statement: PQStatement, orSay problem: String) async throws(StoreError) {
        let changed: Int?
        do {
            changed = try await pool.perform([.begin(), .limits, statement, .commit]).dropFirst(2).first?.changed
        } catch {
            throw StoreError(error)
        }
        guard changed == 1 else { throw StoreError(.alreadyExists, problem) }
    }

    // MARK: Users

    public func insert(_ user: AccessUser) async throws(StoreError) {
        try await insert(
            PQStatement(
                """
                INSERT INTO \(schema.users)
                    (name, role, password_hash, created_at, last_sign_in_at, disabled, issuer, subject)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING
                """,
                [
                    .text(user.name), .text(user.role.rawValue), .text(user.passwordHash),
                    .int(user.createdAt.microseconds), .int(user.lastSignInAt?.microseconds),
                    .bool(user.isDisabled), .text(user.identity?.issuer), .text(user.identity?.subject),
                ]), orSay: "There is such a user already.")
    }

    public func user(_ name: String) async throws(StoreError) -> AccessUser? {
        guard !name.utf8.contains(0) else { return nil }
        let rows = try await read(PQStatement("SELECT * FROM \(schema.users) WHERE name = $1", [.text(name)]))
        return try rows.first.map(AccessRows.user)
    }

    public func user(_ identity: IssuedIdentity) async throws(StoreError) -> AccessUser? {
        guard !identity.issuer.utf8.contains(0), !identity.subject.utf8.contains(0) else { return nil }
        let rows = try await read(
            PQStatement(
                "SELECT * FROM \(schema.users) WHERE issuer = $1 AND subject = $2",
                [.text(identity.issuer), .text(identity.subject)]))
        return try rows.first.map(AccessRows.user)
    }

    public func users() async throws(StoreError) -> [AccessUser] {
        var users: [AccessUser] = []
        for row in try await read(PQStatement("SELECT * FROM \(schema.users) ORDER BY name")) {
            users.append(try AccessRows.user(from: row))
        }
        return users
    }

    public func change(_ user: String, _ change: AccessUserChange) async throws(StoreError) -> Bool {
        let (columns, values): (String, [PQValue]) =
            switch change {
            case .role(let role): ("role = $2", [.text(role.rawValue)])
            case .passwordHash(let hash): ("password_hash = $2", [.text(hash)])
            case .disabled(let isDisabled): ("disabled = $2", [.bool(isDisabled)])
            case .identity(let identity):
                ("issuer = $2, subject = $3", [.text(identity?.issuer), .text(identity?.subject)])
            case .signedIn(let time): ("last_sign_in_at = $2", [.int(time.microseconds)])
            }
        var statements = [
            PQStatement("UPDATE \(schema.users) SET \(columns) WHERE name = $1", [.text(user)] + values)
        ]
        if change.endsSessions {
            statements.append(PQStatement("DELETE FROM \(schema.sessions) WHERE user_name = $1", [.text(user)]))
        }
        do {
            return try await write(statements).first?.changed == 1
        } catch {
            // The one thing of a user, beside the name, that nobody else may have.
            guard (error.underlying as? PQFailure)?.state == "23505" else { throw error }
            throw StoreError(.alreadyExists, "Somebody else signs in as this already.")
        }
    }

    public func removeUser(_ name: String) async throws(StoreError) -> Bool {
        // Tokens and sessions go with the user: the tables say so.
        try await write([PQStatement("DELETE FROM \(schema.users) WHERE name = $1", [.text(name)])]).first?.changed == 1
    }

    // MARK: Tokens

    public func insert(_ token: AccessToken) async throws(StoreError) {
        try await insert(
            PQStatement(
                """
                INSERT INTO \(schema.tokens)
                    (id, digest, name, user_name, role, prefix, created_at, expires_at, last_used_at)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING
                """,
                [
                    .text(token.id), .text(token.digest), .text(token.name), .text(token.user),
                    .text(token.role.rawValue), .text(token.prefix), .int(token.createdAt.microseconds),
                    .int(token.expiresAt?.microseconds), .int(token.lastUsedAt?.microseconds),
                ]), orSay: "There is such a token already.")
    }

    public func token(digest: String) async throws(StoreError) -> AccessToken? {
        let rows = try await read(PQStatement("SELECT * FROM \(schema.tokens) WHERE digest = $1", [.text(digest)]))
        return try rows.first.map(AccessRows.token)
    }

    public func tokens() async throws(StoreError) -> [AccessToken] {
        var tokens: [AccessToken] = []
        for row in try await read(PQStatement("SELECT * FROM \(schema.tokens) ORDER BY created_at, id")) {
            tokens.append(try AccessRows.token(from: row))
        }
        return tokens
    }

    public func touchToken(_ id: String, at time: Date) async throws(StoreError) {
        _ = try await write([
            PQStatement(
                """
                UPDATE \(schema.tokens) SET last_used_at = $2 WHERE id = $1 AND coalesce(last_used_at < $2, true)
                """, [.text(id), .int(time.microseconds)])
        ])
    }

    public func removeToken(_ id: String) async throws(StoreError) -> Bool {
        guard !id.utf8.contains(0) else { return false }
        return try await write([PQStatement("DELETE FROM \(schema.tokens) WHERE id = $1", [.text(id)])])
            .first?.changed == 1
    }

    // MARK: Sessions

    public func insert(_ session: AccessSession) async throws(StoreError) {
        _ = try await write([
            PQStatement(
                """
                INSERT INTO \(schema.sessions) (digest, user_name, granted_by, created_at, last_used_at)
                VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (digest) DO UPDATE SET last_used_at = excluded.last_used_at
                """,
                [
                    .text(session.digest), .text(session.user), .text(session.grantedBy),
                    .int(session.createdAt.microseconds), .int(session.lastUsedAt.microseconds),
                ])
        ])
    }

    public func session(_ digest: String) async throws(StoreError) -> AccessSession? {
        let rows = try await read(PQStatement("SELECT * FROM \(schema.sessions) WHERE digest = $1", [.text(digest)]))
        return try rows.first.map(AccessRows.session)
    }

    public func touchSession(_ digest: String, at time: Date) async throws(StoreError) {
        _ = try await write([
            PQStatement(
                "UPDATE \(schema.sessions) SET last_used_at = $2 WHERE digest = $1 AND last_used_at < $2",
                [.text(digest), .int(time.microseconds)])
        ])
    }

    public func removeSession(_ digest: String) async throws(StoreError) {
        _ = try await write([PQStatement("DELETE FROM \(schema.sessions) WHERE digest = $1", [.text(digest)])])
    }

    public func removeSessions(lastUsedBefore idle: Date, createdBefore old: Date) async throws(StoreError) {
        _ = try await write([
            PQStatement(
                "DELETE FROM \(schema.sessions) WHERE last_used_at < $1 OR created_at < $2",
                [.int(idle.microseconds), .int(old.microseconds)])
        ])
    }

    // MARK: Audit

    public func append(_ event: AuditEvent) async throws(StoreError) {
        _ = try await write([
            PQStatement(
                """
                INSERT INTO \(schema.audit) (time, user_name, address, action, job, detail, result)
                VALUES ($1, $2, $3, $4, $5, $6, $7)
                """,
                [
                    .int(event.time.microseconds), .text(event.user), .text(event.address), .text(event.action),
                    .text(event.job), .text(event.detail), .text(event.result),
                ])
        ])
    }

    public func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry] {
        if [query.user, query.action].contains(where: { $0?.utf8.contains(0) == true }) { return [] }
        let limit = min(max(query.limit, 1), AuditQuery.maximumLimit)
        let rows = try await read(
            PQStatement(
                """
                SELECT * FROM \(schema.audit)
                WHERE ($1::int8 IS NULL OR id < $1) AND ($2::text IS NULL OR user_name = $2)
                    AND ($3::text IS NULL OR action = $3)
                ORDER BY id DESC LIMIT $4
                """, [.int(query.before), .text(query.user), .text(query.action), .int(Int64(limit))]))
        var entries: [AuditEntry] = []
        for row in rows { entries.append(try AccessRows.entry(from: row)) }
        return entries
    }
}
