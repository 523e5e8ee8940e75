public import Foundation

/// Somebody who may sign in.
public struct AccessUser: Hashable, Sendable {
    public let name: String
    public var role: Role
    /// With its parameters and its salt; nil for somebody who has no password here, because another service vouches for them.
    public var passwordHash: String?
    public let createdAt: Date
    public var lastSignInAt: Date?
    /// Kept for what the audit says of them, and let in no more.
    public var isDisabled: Bool
    /// How an OpenID Connect issuer knows them; nil for somebody it does not sign in.
    public var identity: IssuedIdentity?

    public init(
        name: String, role: Role, passwordHash: String?, createdAt: Date, lastSignInAt: Date? = nil,
        isDisabled: Bool = false, identity: IssuedIdentity? = nil
    ) {
        self.name = name
        self.role = role
        self.passwordHash = passwordHash
        self.createdAt = createdAt.inWholeMicroseconds
        self.lastSignInAt = lastSignInAt?.inWholeMicroseconds
        self.isDisabled = isDisabled
        self.identity = identity
    }
}

/// Somebody as an issuer knows them: the one pair that it gives to nobody else, ever. Names and addresses can be given anew.
public struct IssuedIdentity: Hashable, Sendable {
    public let issuer: String
    public let subject: String

    public init(issuer: String, subject: String) {
        self.issuer = issuer
        self.subject = subject
    }
}

/// What can be changed of a user. All but the last end every session of theirs in the same step: whoever got in by what is
/// no longer true is out.
public enum AccessUserChange: Hashable, Sendable {
    case role(Role)
    case passwordHash(String?)
    case disabled(Bool)
    case identity(IssuedIdentity?)
    case signedIn(at: Date)

    public var endsSessions: Bool {
        if case .signedIn = self { false } else { true }
    }
}

/// A secret for a program, by its digest.
public struct AccessToken: Hashable, Sendable {
    public let id: String
    /// SHA-256 of the secret, as hexadecimal digits.
    public let digest: String
    public let name: String
    /// Whose it is; it goes with them. Nil for one that the server's own administrator has made.
    public let user: String?
    public let role: Role
    /// How the secret begins, so that people recognize it.
    public let prefix: String
    public let createdAt: Date
    public let expiresAt: Date?
    public var lastUsedAt: Date?

    public init(
        id: String, digest: String, name: String, user: String?, role: Role, prefix: String, createdAt: Date,
        expiresAt: Date? = nil, lastUsedAt: Date? = nil
    ) {
        self.id = id
        self.digest = digest
        self.name = name
        self.user = user
        self.role = role
        self.prefix = prefix
        self.createdAt = createdAt.inWholeMicroseconds
        self.expiresAt = expiresAt?.inWholeMicroseconds
        self.lastUsedAt = lastUsedAt?.inWholeMicroseconds
    }
}

/// Somebody who has signed in with a browser, by the digest of the session's identifier.
public struct AccessSession: Hashable, Sendable {
    /// SHA-256 of the identifier, as hexadecimal digits.
    public let digest: String
    /// Who it is; it goes with them. Nil for whoever holds the token of a server.
    public let user: String?
    /// The digest of the server's token that opened it: with another token it is worth nothing. Nil for a user's.
    public let grantedBy: String?
    public let createdAt: Date
    public var lastUsedAt: Date

    public init(digest: String, user: String?, grantedBy: String?, createdAt: Date, lastUsedAt: Date) {
        self.digest = digest
        self.user = user
        self.grantedBy = grantedBy
        self.createdAt = createdAt.inWholeMicroseconds
        self.lastUsedAt = lastUsedAt.inWholeMicroseconds
    }
}

/// Something that somebody did, or was not allowed to do.
public struct AuditEvent: Hashable, Sendable {
    public let time: Date
    /// Nil when it is not known who it was.
    public let user: String?
    public let address: String?
    /// Such as `job.stop`.
    public let action: String
    /// The job it concerned. It may be gone.
    public let job: String?
    public let detail: String?
    /// `ok`, or the code of the error it was answered with.
    public let result: String

    public init(
        time: Date, user: String?, address: String?, action: String, job: String? = nil, detail: String? = nil,
        result: String = "ok"
    ) {
        self.time = time.inWholeMicroseconds
        self.user = user
        self.address = address
        self.action = action
        self.job = job
        self.detail = detail
        self.result = result
    }
}

/// An event as the store has it.
public struct AuditEntry: Hashable, Sendable, Identifiable {
    /// Grows with every entry.
    public let id: Int64
    public let event: AuditEvent

    public init(id: Int64, event: AuditEvent) {
        self.id = id
        self.event = event
    }
}

/// Which part of the audit to read, newest first.
public struct AuditQuery: Hashable, Sendable {
    public static let maximumLimit = 500

    public var limit: Int
    /// Only entries older than this one.
    public var before: Int64?
    public var user: String?
    public var action: String?

    public init(limit: Int = 100, before: Int64? = nil, user: String? = nil, action: String? = nil) {
        self.limit = limit
        self.before = before
        self.user = user
        self.action = action
    }
}
