import Foundation

/// Decides who a request comes from.
///
/// There is one account, the administrator's, with two ways in: the token itself (`Authorization: Bearer`), and a
/// session that the token or a sign-in link has opened (cookie). With ``Mode/none`` everybody is let in, which is only
/// safe where nobody else can connect.
final class Access: Sendable {
    enum Mode: Sendable {
        case token(Token)
        case none
    }

    /// How a request proved who it is. The rules against cross-site requests depend on it: a browser adds a cookie to
    /// whatever a foreign page makes it send, but never an `Authorization` header.
    enum Proof: Hashable, Sendable {
        case bearer
        case session(SecretDigest)
        case nothing
    }

    struct Admission: Hashable, Sendable {
        let identity: Identity
        let proof: Proof
    }

    private let mode: Mode
    private let sessions: any SessionStore
    private let codes: SignInCodes
    private let throttle: FailureThrottle
    private let now: @Sendable () -> Date

    init(
        _ mode: Mode, sessions: any SessionStore = MemorySessionStore(),
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.mode = mode
        self.sessions = sessions
        self.now = now
        codes = SignInCodes(now: now)
        throttle = FailureThrottle(now: now)
    }

    /// Who this is; nil when there is no valid proof. A wrong bearer token is refused even beside a valid cookie.
    func admit(bearer: String?, session: String?) async -> Admission? {
        switch mode {
        case .none:
            return Admission(identity: .anonymous, proof: bearer == nil ? .nothing : .bearer)
        case .token(let token):
            if let bearer {
                return token.matches(bearer) ? Admission(identity: .administrator, proof: .bearer) : nil
            }
            guard let session else { return nil }
            let id = SecretDigest(of: session)
            guard let found = await sessions.session(id) else { return nil }
            let time = now()
            guard found.isValid(at: time) else {
                await sessions.remove(id)
                return nil
            }
            await sessions.touch(id, at: time)
            return Admission(identity: found.identity, proof: .session(id))
        }
    }

    /// Whether an admission that was given earlier still holds, for connections that last. Does not count as use of the
    /// session.
    func isValid(_ admission: Admission) async -> Bool {
        guard case .session(let id) = admission.proof else { return true }
        return await sessions.session(id)?.isValid(at: now()) ?? false
    }

    /// A code for a sign-in link: good once, for ten minutes.
    func makeSignInCode() -> String { codes.make() }

    enum Credential: Sendable {
        case code(String)
        case token(String)
    }

    enum SignIn: Sendable {
        /// The identifier belongs into the cookie and is kept nowhere.
        case admitted(Identity, session: String)
        case refused
        case tooManyFailures(retryAfter: Int)
    }

    /// Opens a session, always with a new identifier.
    func signIn(_ credential: Credential) async -> SignIn {
        if let delay = throttle.delay { return .tooManyFailures(retryAfter: delay) }
        let isGood =
            switch (credential, mode) {
            case (.code(let code), _): codes.redeem(code)
            case (.token(let text), .token(let token)): token.matches(text)
            case (.token, .none): true
            }
        guard isGood else {
            throttle.countFailure()
            return .refused
        }
        let identity: Identity = if case .none = mode { .anonymous } else { .administrator }
        let id = RandomSecret.make()
        let time = now()
        await sessions.insert(Session(identity: identity, createdAt: time, lastUsedAt: time), as: SecretDigest(of: id))
        return .admitted(identity, session: id)
    }

    func signOut(_ admission: Admission) async {
        if case .session(let id) = admission.proof { await sessions.remove(id) }
    }
}
