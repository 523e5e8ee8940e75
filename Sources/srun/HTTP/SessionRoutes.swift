import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// Signing in and out.
struct SessionRoutes: Sendable {
    let access: Access
    let server: ServerDescription

    var all: [Route] {
        [
            .post("/api/session", .public, body: .json, signIn),
            .get("/api/session", .view, show),
            .delete("/api/session", .view, signOut),
            .post("/api/session/link", .administer, body: .ignored, makeLink),
        ]
    }

    private struct SessionMessage: Encodable {
        let user: String
        let role: String
        let rights: [String]
        let node: String
        let version: String
        let store: String
        let team: Bool
        let auth: String
    }

    private struct LinkMessage: Encodable {
        let url: String
    }

    @Sendable private func signIn(_ request: Request, _ context: RequestContext) async throws -> Response {
        let fields = try await BodyFields(request, allowed: ["code", "token", "user", "password"])
        let credential = try credential(in: fields)
        if case .password(let user, _) = credential { context.note.add(user: user.text) }
        switch try await access.signIn(credential, from: context.client) {
        case .admitted(let identity, let session):
            context.note.add(user: identity.name)
            var response = Response.json(message(identity))
            response.headers[.setCookie] = SessionCookie.field(
                session, maxAge: Int(SessionLimits.age), isSecure: context.base.scheme == .https)
            return response
        case .refused:
            var error = RequestError.unauthorized
            error.sentence = "this does not let anybody in; a sign-in link is good once and for ten minutes"
            throw error
        case .tooManyFailures(let seconds): throw RequestError.tooManyAttempts(seconds)
        case .busy: throw RequestError.signInBusy
        }
    }

    @Sendable private func show(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard let admission = context.admission else { throw RequestError.unauthorized }
        return .json(message(admission.identity))
    }

    @Sendable private func signOut(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard let admission = context.admission else { throw RequestError.unauthorized }
        try await access.signOut(admission)
        var response = Response.json(PlainMessage(message: "Signed out."))
        response.headers[.setCookie] = SessionCookie.field(
            "", maxAge: 0, isSecure: context.base.scheme == .https)
        return response
    }

    /// The code stands in the fragment, which a browser sends to nobody: it reaches no log and no proxy.
    @Sendable private func makeLink(_ request: Request, _ context: RequestContext) async throws -> Response {
        // It lets in as the server's own administrator, which no user is.
        guard access.isOpen || context.admission?.identity.user == nil else { throw RequestError.forbidden }
        return .json(LinkMessage(url: "\(context.base.url)/#code=\(access.makeSignInCode())"))
    }

    private func credential(in fields: BodyFields) throws(RequestError) -> Access.Credential {
        let (code, token) = (try fields.text("code"), try fields.text("token"))
        let (user, password) = (try fields.text("user"), try fields.text("password"))
        for text in [code, token, password] where text?.utf8.count ?? 0 > PasswordHash.passwordBytes.upperBound {
            throw .invalidField("body", "a code, a token or a password is at most 1024 bytes")
        }
        switch (code, token, user, password) {
        case (let code?, nil, nil, nil): return .code(code)
        case (nil, let token?, nil, nil): return .token(token)
        case (nil, nil, let user?, let password?):
            guard let name = UserName(user) else { throw .invalidUser }
            return .password(user: name, password)
        default:
            throw .invalidField(
                "body",
                "the body must be {\"code\": \"...\"}, {\"token\": \"...\"} or {\"user\": \"...\", \"password\": \"...\"}"
            )
        }
    }

    private func message(_ identity: Identity) -> SessionMessage {
        SessionMessage(
            user: identity.name, role: identity.role.rawValue,
            rights: Right.allCases.filter(identity.rights.contains).map(\.rawValue), node: server.node,
            version: server.build.version, store: server.store, team: server.isTeam, auth: server.auth)
    }
}

/// What a server says about itself to those who have signed in.
struct ServerDescription: Sendable {
    let node: String
    let build: BuildInfo
    var store = "memory"
    var isTeam = false
    var auth = "token"
}

extension RequestError {
    static func tooManyAttempts(_ seconds: Int) -> RequestError {
        var error = RequestError(
            .tooManyRequests, "too_many_attempts", "too many attempts have failed; try again later")
        error.headers[.retryAfter] = String(seconds)
        return error
    }

    static let signInBusy: RequestError = {
        var error = RequestError(.serviceUnavailable, "busy", "many people sign in just now; try again in a moment")
        error.headers[.retryAfter] = "2"
        return error
    }()

    static let invalidUser: RequestError = {
        var error = RequestError(
            .badRequest, "invalid_user",
            "a user's name has 1 to 64 letters, digits and the signs . _ @ + - and begins with a letter or a digit")
        error.field = "user"
        return error
    }()
}
