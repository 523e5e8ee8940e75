import Foundation
import GRDB
import SrunKit

/// Users, tokens, sessions and entries of the audit as rows.
enum AccessRows {
    static func user(from row: Row) throws(StoreError) -> AccessUser {
        guard let name = row.value("name", as: String.self), let role = role(row),
            let created = Date.stored(row.value("created_at")), let disabled = row.value("disabled", as: Int64.self)
        else { throw .damagedAccessRow }
        return AccessUser(
            name: name, role: role, passwordHash: row.value("password_hash"), createdAt: created,
            lastSignInAt: Date.stored(row.value("last_sign_in_at")), isDisabled: disabled != 0,
            identity: identity(row))
    }

    private static func identity(_ row: Row) -> IssuedIdentity? {
        guard let issuer = row.value("issuer", as: String.self), let subject = row.value("subject", as: String.self)
        else { return nil }
        return IssuedIdentity(issuer: issuer, subject: subject)
    }

    static func token(from row: Row) throws(StoreError) -> AccessToken {
        guard let id = row.value("id", as: String.self), let digest = row.value("digest", as: String.self),
            let name = row.value("name", as: String.self), let role = role(row),
            let prefix = row.value("prefix", as: String.self), let created = Date.stored(row.value("created_at"))
        else { throw .damagedAccessRow }
        return AccessToken(
            id: id, digest: digest, name: name, user: row.value("user"), role: role, prefix: prefix, createdAt: created,
            expiresAt: Date.stored(row.value("expires_at")), lastUsedAt: Date.stored(row.value("last_used_at")))
    }

    static func session(from row: Row) throws(StoreError) -> AccessSession {
        guard let digest = row.value("digest", as: String.self), let created = Date.stored(row.value("created_at")),
            let used = Date.stored(row.value("last_used_at"))
        else { throw .damagedAccessRow }
        return AccessSession(
            digest: digest, user: row.value("user"), grantedBy: row.value("granted_by"), createdAt: created,
            lastUsedAt: used)
    }

    static func entry(from row: Row) throws(StoreError) -> AuditEntry {
        guard let id = row.value("id", as: Int64.self), let time = Date.stored(row.value("time")),
            let action = row.value("action", as: String.self), let result = row.value("result", as: String.self)
        else { throw .damagedAccessRow }
        let event = AuditEvent(
            time: time, user: row.value("user"), address: row.value("address"), action: action, job: row.value("job"),
            detail: row.value("detail"), result: result)
        return AuditEntry(id: id, event: event)
    }

    private static func role(_ row: Row) -> Role? { row.value("role", as: String.self).flatMap(Role.init(rawValue:)) }
}

extension StoreError {
    fileprivate static var damagedAccessRow: StoreError {
        StoreError(
            .corrupt, "A user, token or session in the database cannot be read; restore the database from a backup.")
    }
}
