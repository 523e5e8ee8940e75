import Foundation
import SrunKit

/// Users, tokens, sessions and entries of the audit as rows.
enum AccessRows {
    static func user(from row: PQRow) throws(StoreError) -> AccessUser {
        guard let name = row.text("name"), let role = role(row), let created = JobRow.time(row.int("created_at")),
            let isDisabled = row.bool("disabled")
        else { throw .damagedAccessRow }
        return AccessUser(
            name: name, role: role, passwordHash: row.text("password_hash"), createdAt: created,
            lastSignInAt: JobRow.time(row.int("last_sign_in_at")), isDisabled: isDisabled, identity: identity(row))
    }

    private static func identity(_ row: PQRow) -> IssuedIdentity? {
        guard let issuer = row.text("issuer"), let subject = row.text("subject") else { return nil }
        return IssuedIdentity(issuer: issuer, subject: subject)
    }

    static func token(from row: PQRow) throws(StoreError) -> AccessToken {
        guard let id = row.text("id"), let digest = row.text("digest"), let name = row.text("name"),
            let role = role(row), let prefix = row.text("prefix"), let created = JobRow.time(row.int("created_at"))
        else { throw .damagedAccessRow }
        return AccessToken(
            id: id, digest: digest, name: name, user: row.text("user_name"), role: role, prefix: prefix,
            createdAt: created, expiresAt: JobRow.time(row.int("expires_at")),
            lastUsedAt: JobRow.time(row.int("last_used_at")))
    }

    static func session(from row: PQRow) throws(StoreError) -> AccessSession {
        guard let digest = row.text("digest"), let created = JobRow.time(row.int("created_at")),
            let used = JobRow.time(row.int("last_used_at"))
        else { throw .damagedAccessRow }
        return AccessSession(
            digest: digest, user: row.text("user_name"), grantedBy: row.text("granted_by"), createdAt: created,
            lastUsedAt: used)
    }

    static func entry(from row: PQRow) throws(StoreError) -> AuditEntry {
        guard let id = row.int("id"), let time = JobRow.time(row.int("time")), let action = row.text("action"),
            let result = row.text("result")
        else { throw .damagedAccessRow }
        let event = AuditEvent(
            time: time, user: row.text("user_name"), address: row.text("address"), action: action,
            job: row.text("job"), detail: row.text("detail"), result: result)
        return AuditEntry(id: id, event: event)
    }

    private static func role(_ row: PQRow) -> Role? { row.text("role").flatMap(Role.init(rawValue:)) }
}

extension StoreError {
    fileprivate static var damagedAccessRow: StoreError {
        StoreError(
            .corrupt, "A user, token or session in the database cannot be read; restore the database from a backup.")
    }
}
