import HTTPTypes
import HummingbirdCore
import NIOCore

/// Signing in and out.
struct SessionRoutes: Sendable {
    let access: Access
    let node: String
    let build: BuildInfo

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
        let rights: [String]
        let node: String
        let version: String
    }

    private struct LinkMessage: Encodable {
        let url: String
    }

    @Sendable private func signIn(_ request: Request, _ context: RequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: RequestLimits.bodyBytes)
        let credential = try credential(in: StrictJSON.parse(body.readableBytesView))
        switch await access.signIn(credential) {
        case .admitted(let identity, let session):
            var response = Response.json(message(identity))
            response.headers[.setCookie] = cookie(session, maxAge: Int(Session.ageLimit), context.base)
            return response
        case .refused:
            var error = RequestError.unauthorized
            error.sentence = "this does not let anybody in; a sign-in link is good once and for ten minutes"
            throw error
        case .tooManyFailures(let seconds):
            var error = RequestError(
                .tooManyRequests, "too_many_attempts", "too many attempts have failed; try again later")
            error.headers[.retryAfter] = String(seconds)
            throw error
        }
    }

    @Sendable private func show(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard let admission = context.admission else { throw RequestError.unauthorized }
        return .json(message(admission.identity))
    }

    @Sendable private func signOut(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard let admission = context.admission else { throw RequestError.unauthorized }
        await access.signOut(admission)
        var response = Response.json(PlainMessage(message: "Signed out."))
        response.headers[.setCookie] = cookie("", maxAge: 0, context.base)
        return response
    }

    /// The code stands in the fragment, which a browser sends to nobody: it reaches no log and no proxy.
    @Sendable private func makeLink(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(LinkMessage(url: "\(context.base.url)/#code=\(access.makeSignInCode())"))
    }

    private func credential(in json: JSONValue) throws(RequestError) -> Access.Credential {
        guard case .object(let members) = json, members.count == 1, let member = members.first,
            let text = member.value.text, text.utf8.count <= 1024
        else { throw .invalidField("body", "the body must be {\"code\": \"...\"} or {\"token\": \"...\"}") }
        switch member.key {
        case "code": return .code(text)
        case "token": return .token(text)
        default: throw .invalidField("body", "the body must be {\"code\": \"...\"} or {\"token\": \"...\"}")
        }
    }

    private func message(_ identity: Identity) -> SessionMessage {
        SessionMessage(
            user: identity.name, rights: Right.allCases.filter(identity.rights.contains).map(\.rawValue), node: node,
            version: build.version)
    }

    /// RFC 6265 §4.1. Scripts cannot read it, and the browser adds it only to what this server's own pages ask for.
    private func cookie(_ value: String, maxAge: Int, _ base: BaseAddress) -> String {
        let secure = base.scheme == .https ? "; Secure" : ""
        return "\(Credentials.cookieName)=\(value); HttpOnly; SameSite=Strict; Path=/; Max-Age=\(maxAge)\(secure)"
    }
}
