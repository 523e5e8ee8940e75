import Foundation
import SrunKit

/// Decides who a request comes from.
///
/// There are three ways in: the server's own token, which is the administrator's; the token of a user or a program; and a
/// session that a password, a sign-in link, a token or another service has opened. Users, tokens and sessions are in the
/// store, and are looked up at every request: what was taken from somebody is gone at once, on every server that shares the
/// store. With ``Mode/none`` everybody is let in, which is only safe where nobody else can connect.
final class Access: Sendable {
    enum Mode: Sendable {
        case token(Token)
        case none
    }

    struct Options: Sendable {
        /// Operators act on the jobs they have made, and only look at others.
        var limitsToOwnJobs = false
        /// What somebody becomes whom another service vouches for and who is no user yet; nil lets only users in.
        var newcomerRole: Role?
        var passwordCost = PasswordHash.Cost.standard
    }

    /// How a request proved who it is. The rules against cross-site requests depend on it: a browser adds a cookie, and a
    /// proxy its own field, to whatever a foreign page makes it send, but never an `Authorization` header.
    enum Proof: Hashable, Sendable {
        case bearer(SecretDigest)
        case session(SecretDigest)
        /// A proxy that is trusted says who it is.
        case vouched
        case nothing
    }

    struct Admission: Hashable, Sendable {
        let identity: Identity
        let proof: Proof
    }

    let store: any AccessStore
    let hasher: PasswordHasher
    let throttle: LoginThrottle
    let options: Options
    let now: @Sendable () -> Date
    private let mode: Mode
    private let codes: SignInCodes

    /// - Parameter now: The time, for tests; otherwise the time of day.
    init(
        _ mode: Mode, store: any AccessStore, options: Options = Options(),
        now: (@Sendable () -> Date)? = nil
    ) {
        self.mode = mode
        self.store = store
        self.options = options
        self.now = now ?? { Date() }
        hasher = PasswordHasher(cost: options.passwordCost)
        // What counts minutes is not to be lengthened or cut short by whoever sets the time of day.
        let steady = now ?? Date.steady()
        codes = SignInCodes(now: steady)
        throttle = LoginThrottle(now: steady)
    }

    var isOpen: Bool { if case .none = mode { true } else { false } }

    /// Who this is; nil when there is no valid proof. A wrong bearer token is refused even beside a valid cookie.
    ///
    /// - Parameter vouched: The name that a trusted proxy has put into the request.
    func admit(bearer: String?, session: String?, vouched: String? = nil) async throws(StoreError) -> Admission? {
        if isOpen {
            let proof = bearer.map { Proof.bearer(SecretDigest(of: $0)) } ?? .nothing
            return Admission(identity: .anonymous, proof: proof)
        }
        if let bearer {
            let digest = SecretDigest(of: bearer)
            return try await identity(token: digest, isUsed: true).map {
                Admission(identity: $0, proof: .bearer(digest))
            }
        }
        if let vouched {
            return try await identity(vouched: vouched).map { Admission(identity: $0, proof: .vouched) }
        }
        guard let session else { return nil }
        let digest = SecretDigest(of: session)
        return try await identity(session: digest, isUsed: true).map {
            Admission(identity: $0, proof: .session(digest))
        }
    }

    /// Whether an admission that was given earlier still holds, for connections that last. Does not count as use.
    ///
    /// A store that does not answer now has taken nothing from anybody.
    func isValid(_ admission: Admission) async -> Bool {
        let identity: Identity?
        do {
            switch admission.proof {
            case .nothing: return isOpen
            case .bearer where isOpen: return true
            case .bearer(let digest): identity = try await self.identity(token: digest, isUsed: false)
            case .session(let digest): identity = try await self.identity(session: digest, isUsed: false)
            case .vouched: identity = try await self.identity(vouched: admission.identity.name)
            }
        } catch {
            return true
        }
        // Somebody who may do less now comes in again, and gets what they have.
        return identity == admission.identity
    }

    private func identity(token digest: SecretDigest, isUsed: Bool) async throws(StoreError) -> Identity? {
        if case .token(let token) = mode, token.digest == digest { return .administrator }
        guard let token = try await store.token(digest: digest.text) else { return nil }
        let time = now()
        guard token.expiresAt.map({ time < $0 }) ?? true else { return nil }
        var identity = Identity(name: "token:\(token.name)", role: token.role)
        if let name = token.user {
            guard let user = try await store.user(name), !user.isDisabled else { return nil }
            identity = Identity(name: user.name, role: min(user.role, token.role), user: user.name)
        }
        if isUsed, token.lastUsedAt.map({ time.timeIntervalSince($0) >= SessionLimits.precision }) ?? true {
            try? await store.touchToken(token.id, at: time)
        }
        return limited(identity)
    }

    private func identity(session digest: SecretDigest, isUsed: Bool) async throws(StoreError) -> Identity? {
        guard let session = try await store.session(digest.text) else { return nil }
        let time = now()
        guard session.isValid(at: time) else {
            if isUsed { try? await store.removeSession(digest.text) }
            return nil
        }
        var identity = Identity.administrator
        if let name = session.user {
            guard let user = try await store.user(name), !user.isDisabled else { return nil }
            identity = Identity(name: user.name, role: user.role, user: user.name)
        } else {
            guard case .token(let token) = mode, session.grantedBy == token.digest.text else { return nil }
        }
        if isUsed, time.timeIntervalSince(session.lastUsedAt) >= SessionLimits.precision {
            try? await store.touchSession(session.digest, at: time)
        }
        return limited(identity)
    }

    /// Somebody for whom another service answers. A newcomer becomes a user, where that is wanted.
    func identity(vouched text: String) async throws(StoreError) -> Identity? {
        guard let name = UserName(text), !name.isReserved else { return nil }
        if let user = try await store.user(name.text) {
            guard !user.isDisabled else { return nil }
            return limited(Identity(name: user.name, role: user.role, user: user.name))
        }
        guard let role = options.newcomerRole else { return nil }
        do {
            try await store.insert(AccessUser(name: name.text, role: role, passwordHash: nil, createdAt: now()))
        } catch {
            // Two first requests at once: the other one has made the user.
            guard error.code == .alreadyExists else { throw error }
        }
        return limited(Identity(name: name.text, role: role, user: name.text))
    }

    private func limited(_ identity: Identity) -> Identity {
        var identity = identity
        identity.isLimitedToOwnJobs = options.limitsToOwnJobs
        return identity
    }

    /// A code for a sign-in link: good once, for ten minutes.
    func makeSignInCode() -> String { codes.make() }

    // MARK: Signing in

    enum Credential: Sendable {
        case code(String)
        case token(String)
        case password(user: UserName, String)
    }

    enum SignIn: Sendable {
        /// The identifier belongs into the cookie and is kept nowhere.
        case admitted(Identity, session: String)
        case refused
        case tooManyFailures(retryAfter: Int)
        /// So many passwords are being checked that this one cannot even wait.
        case busy
    }

    /// Opens a session, always with a new identifier.
    ///
    /// - Parameter address: Where the attempt comes from.
    func signIn(_ credential: Credential, from address: String? = nil) async throws(StoreError) -> SignIn {
        var keys = ["address:\(address ?? "")"]
        if case .password(let user, _) = credential { keys.append("user:\(user.text)") }
        if let delay = throttle.delay(keys) { return .tooManyFailures(retryAfter: delay) }
        let identity: Identity?
        switch credential {
        case .code(let code): identity = codes.redeem(code) ? ownIdentity : nil
        case .token(let text): identity = try await self.identity(signInToken: text)
        case .password(let user, let password):
            do {
                identity = try await self.identity(user, password)
            } catch let error as StoreError {
                throw error
            } catch {
                return .busy
            }
        }
        guard let identity else {
            throttle.countFailure(keys)
            return .refused
        }
        for key in keys { throttle.clear(key) }
        return .admitted(identity, session: try await openSession(identity))
    }

    /// Opens a session for somebody whose identity is settled.
    func openSession(_ identity: Identity) async throws(StoreError) -> String {
        let id = RandomSecret.make()
        let time = now()
        try await store.removeSessions(
            lastUsedBefore: time.addingTimeInterval(-SessionLimits.idle),
            createdBefore: time.addingTimeInterval(-SessionLimits.age))
        var grantedBy: String?
        if identity.user == nil, case .token(let token) = mode { grantedBy = token.digest.text }
        try await store.insert(
            AccessSession(
                digest: SecretDigest(of: id).text, user: identity.user, grantedBy: grantedBy, createdAt: time,
                lastUsedAt: time))
        if let user = identity.user { _ = try await store.change(user, .signedIn(at: time)) }
        return id
    }

    func signOut(_ admission: Admission) async throws(StoreError) {
        if case .session(let digest) = admission.proof { try await store.removeSession(digest.text) }
    }

    private var ownIdentity: Identity { isOpen ? .anonymous : .administrator }

    /// The server's own token and those of users open a session; one that stands for no user does not, because a session is
    /// somebody's.
    private func identity(signInToken text: String) async throws(StoreError) -> Identity? {
        if isOpen { return .anonymous }
        let identity = try await self.identity(token: SecretDigest(of: text), isUsed: true)
        guard let identity, identity == .administrator || identity.user != nil else { return nil }
        // A session has the user's role, so a token with less of it must not open one.
        if let name = identity.user {
            guard let user = try await store.user(name), user.role == identity.role else { return nil }
        }
        return identity
    }

    private func identity(_ name: UserName, _ password: String) async throws -> Identity? {
        let user = try await store.user(name.text)
        // Somebody who is not there, or may not come in, costs the same.
        let hash = user.flatMap { $0.isDisabled ? nil : $0.passwordHash }
        let verdict = try await hasher.verify(password, hash)
        guard let user, verdict != .wrong else { return nil }
        if verdict == .rightButOld, let hash = try? await hasher.hash(password) {
            _ = try await store.change(user.name, .passwordHash(hash))
        }
        return limited(Identity(name: user.name, role: user.role, user: user.name))
    }
}
