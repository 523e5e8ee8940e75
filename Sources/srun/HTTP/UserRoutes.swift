import HTTPTypes
import HummingbirdCore
import SrunKit

/// Who may sign in.
struct UserRoutes: Sendable {
    let access: Access
    /// Whose subjects are meant; nil where no other service signs people in.
    let issuer: OpenIDSettings?

    var all: [Route] {
        [
            .get("/api/users", .administer, list),
            .post("/api/users", .administer, body: .json, create),
            .patch("/api/users/:name", .administer, body: .json, change),
            .delete("/api/users/:name", .administer, remove),
            // Everybody may change their own; the route looks whose it is.
            .put("/api/users/:name/password", .view, body: .json, setPassword),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(try await access.store.users().map { UserMessage($0, knownBy: issuer) })
    }

    @Sendable private func create(_ request: Request, _ context: RequestContext) async throws -> Response {
        let fields = try await BodyFields(request, allowed: ["name", "role", "password", "subject"])
        guard let name = UserName(try fields.required("name")), !name.isReserved else { throw RequestError.invalidUser }
        let role = try fields.role("role") ?? .viewer
        context.note.add(detail: "\(name.text), \(role.rawValue)")
        let identity = try identity(fields)
        let hash = try await hash(fields.text("password"))
        let user = AccessUser(
            name: name.text, role: role, passwordHash: hash, createdAt: access.now(), identity: identity ?? nil)
        do {
            try await access.store.insert(user)
        } catch {
            guard error.code == .alreadyExists else { throw error }
            guard try await access.store.user(name.text) != nil else { throw RequestError.identityTaken }
            throw RequestError(.conflict, "user_exists", "there is a user of this name already")
        }
        return .json(UserMessage(user, knownBy: issuer), status: .created)
    }

    /// As whom the issuer knows them; the outer nil when the body does not say.
    private func identity(_ fields: BodyFields) throws(RequestError) -> IssuedIdentity?? {
        guard fields.has("subject") else { return nil }
        guard let subject = try fields.text("subject") else { return .some(nil) }
        guard let issuer else {
            throw .invalidField("subject", "this server has no --oidc-issuer that could know somebody")
        }
        guard (1...255).contains(subject.utf8.count), subject.utf8.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw .invalidField("subject", "a subject has 1 to 255 ASCII characters")
        }
        return IssuedIdentity(issuer: issuer.issuer, subject: subject)
    }

    @Sendable private func change(_ request: Request, _ context: RequestContext) async throws -> Response {
        let name = try context.userName()
        let fields = try await BodyFields(request, allowed: ["role", "disabled", "subject"])
        let (role, isDisabled) = (try fields.role("role"), try fields.flag("disabled"))
        let identity = try identity(fields)
        let said = [
            role.map { "role \($0.rawValue)" }, isDisabled.map { $0 ? "disabled" : "enabled" },
            identity.map { $0.map { "subject \($0.subject)" } ?? "no subject" },
        ]
        context.note.add(detail: ([name] + said.compactMap(\.self)).joined(separator: ", "))
        guard try await access.store.user(name) != nil else { throw RequestError.userNotFound }
        // First what can be refused.
        if let identity {
            do {
                _ = try await access.store.change(name, .identity(identity))
            } catch {
                throw error.code == .alreadyExists ? RequestError.identityTaken : error as any Error
            }
        }
        if let role { _ = try await access.store.change(name, .role(role)) }
        if let isDisabled { _ = try await access.store.change(name, .disabled(isDisabled)) }
        guard let user = try await access.store.user(name) else { throw RequestError.userNotFound }
        return .json(UserMessage(user, knownBy: issuer))
    }

    @Sendable private func remove(_ request: Request, _ context: RequestContext) async throws -> Response {
        let name = try context.userName()
        context.note.add(detail: name)
        guard try await access.store.removeUser(name) else { throw RequestError.userNotFound }
        return .json(PlainMessage(message: "The user has been removed, with tokens and sessions."))
    }

    @Sendable private func setPassword(_ request: Request, _ context: RequestContext) async throws -> Response {
        let name = try context.userName()
        guard let identity = context.admission?.identity else { throw RequestError.unauthorized }
        context.note.add(detail: name)
        let isOwn = identity.user == name
        guard isOwn || identity.rights.contains(.administer) else { throw RequestError.forbidden }
        let fields = try await BodyFields(request, allowed: ["password", "current"])
        let password = try fields.required("password")
        guard let user = try await access.store.user(name) else { throw RequestError.userNotFound }
        // Whoever finds a browser open must not be able to keep its user out, nor to get in by another way than theirs: somebody
        // without a password has a service that answers for them.
        if isOwn {
            guard user.passwordHash != nil else { throw RequestError.forbidden }
            try await check(fields.required("current"), of: user, context)
        }
        let hash = try await hash(password)
        guard try await access.store.change(name, .passwordHash(hash)) else { throw RequestError.userNotFound }
        return .json(PlainMessage(message: "The password has been set; sign in with it."))
    }

    private func check(_ current: String, of user: AccessUser, _ context: RequestContext) async throws {
        let keys = ["user:\(user.name)", "address:\(context.client ?? "")"]
        if let delay = access.throttle.delay(keys) { throw RequestError.tooManyAttempts(delay) }
        guard current.utf8.count <= PasswordHash.passwordBytes.upperBound,
            try await isRight(current, user.passwordHash)
        else {
            access.throttle.countFailure(keys)
            throw RequestError(.forbidden, "wrong_password", "this is not the current password")
        }
    }

    private func isRight(_ password: String, _ hash: String?) async throws -> Bool {
        do {
            return try await access.hasher.verify(password, hash) != .wrong
        } catch is PasswordHasher.Busy {
            throw RequestError.signInBusy
        }
    }

    private func hash(_ password: String?) async throws -> String? {
        guard let password else { return nil }
        guard PasswordHash.passwordBytes.contains(password.utf8.count) else {
            throw RequestError.invalidField("password", "a password has 8 to 1024 bytes")
        }
        do {
            return try await access.hasher.hash(password)
        } catch is PasswordHasher.Busy {
            throw RequestError.signInBusy
        }
    }
}

struct UserMessage: Codable {
    let name: String
    let role: String
    let createdAt: String
    let lastSignInAt: String?
    let disabled: Bool
    /// As whom another service knows them.
    let identity: Identity?

    struct Identity: Codable {
        let issuer: String
        let subject: String
        /// What people call the issuer; its host when the server goes to another one now.
        let name: String?
    }

    init(_ user: AccessUser, knownBy issuer: OpenIDSettings?) {
        name = user.name
        role = user.role.rawValue
        createdAt = RFC3339.string(from: user.createdAt)
        lastSignInAt = user.lastSignInAt.map(RFC3339.string)
        disabled = user.isDisabled
        identity = user.identity.map { known in
            let settings = OpenIDSettings(issuer: known.issuer, clientID: "", clientSecret: nil)
            return Identity(
                issuer: known.issuer, subject: known.subject,
                name: known.issuer == issuer?.issuer ? issuer?.name : settings.name)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(role, forKey: .role)
        try container.encode(createdAt, forKey: .createdAt)
        try container.encode(lastSignInAt, forKey: .lastSignInAt)
        try container.encode(disabled, forKey: .disabled)
        try container.encode(identity, forKey: .identity)
    }
}

extension BodyFields {
    func role(_ name: String) throws(RequestError) -> Role? {
        guard let text = try text(name) else { return nil }
        guard let role = Role(rawValue: text) else {
            throw .invalidField(name, "\(name) must be viewer, operator or admin")
        }
        return role
    }
}

extension RequestContext {
    /// The user that the path names; one that no user can have is not there.
    fileprivate func userName() throws(RequestError) -> String {
        guard let text = parameters["name"] ?? nil, let name = UserName(text) else { throw .userNotFound }
        return name.text
    }
}

extension RequestError {
    fileprivate static let identityTaken = RequestError(
        .conflict, "identity_taken", "somebody else signs in as this already")
    fileprivate static let userNotFound = RequestError(.notFound, "user_not_found", "there is no such user")
}
