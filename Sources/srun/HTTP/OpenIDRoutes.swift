import HTTPTypes
import HummingbirdCore
import SrunKit

/// Signing in by another service: the code flow of OpenID Connect, with PKCE, `state` and `nonce`.
///
/// A browser walks through these, so whatever happens it ends at the page, which says what is wrong. Nothing of a request decides
/// where it goes; the address that the issuer sends it back to is made of the name it was addressed by, which the gate has checked.
struct OpenIDRoutes: Sendable {
    let access: Access
    /// Nil where nobody else signs people in.
    let issuer: OpenIDIssuer?
    let audit: AuditLog
    private let used = UsedSignIns()

    init(access: Access, issuer: OpenIDIssuer?, audit: AuditLog) {
        self.access = access
        self.issuer = issuer
        self.audit = audit
    }

    var all: [Route] {
        [
            .get("/api/session/providers", .public, providers),
            .get(Self.path, .public, begin),
            .get("\(Self.path)/callback", .public, finish),
        ]
    }

    private static let path = "/api/session/oidc"

    private struct ProviderMessage: Encodable {
        let id: String
        let name: String
        /// Below the prefix, if srun has one.
        let url: String
    }

    @Sendable private func providers(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(issuer.map { [ProviderMessage(id: "oidc", name: $0.settings.name, url: Self.path)] } ?? [])
    }

    @Sendable private func begin(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard let issuer else { throw RequestError.notFound }
        guard used.enter() else { return page(context, refused: .busy) }
        defer { used.leave() }
        let signIn = BegunSignIn(at: access.now())
        do throws(OpenIDFailure) {
            let url = try await issuer.authorizationURL(signIn, callback: callback(context))
            let cookie = SignInCookie.field(signIn.cookie, isSecure: context.isSecure)
            return Response(status: .found, headers: [.location: url, .setCookie: cookie])
        } catch {
            return page(context, refused: error)
        }
    }

    @Sendable private func finish(_ request: Request, _ context: RequestContext) async throws -> Response {
        guard let issuer else { throw RequestError.notFound }
        let key = "oidc:\(context.client ?? "")"
        guard access.throttle.delay([key]) == nil else { return page(context, refused: .tooManyAttempts) }
        var claims: IssuedClaims?
        do {
            let found = try await self.claims(request, context, issuer)
            claims = found
            let identity = try await access.identity(issued: found)
            let session = try await access.openSession(identity)
            access.throttle.clear(key)
            await audit.record("session.create", by: identity.name, from: context.client, detail: said(of: found))
            var response = page(context, refused: nil)
            response.headers.append(
                HTTPField(
                    name: .setCookie,
                    value: SessionCookie.field(session, maxAge: Int(SessionLimits.age), isSecure: context.isSecure)))
            return response
        } catch let failure as OpenIDFailure {
            // An issuer that is away is nobody's attempt.
            if failure != .issuerUnavailable, failure != .busy { access.throttle.countFailure([key]) }
            await audit.record(
                "session.create", by: nil, from: context.client, detail: said(of: claims), result: failure.rawValue)
            return page(context, refused: failure)
        }
    }

    /// Whom the issuer has sent back, once it is sure that this browser began here and that the issuer says so.
    private func claims(_ request: Request, _ context: RequestContext, _ issuer: OpenIDIssuer) async throws
        -> IssuedClaims
    {
        guard let cookie = SignInCookie.value(in: request.headers[values: .cookie], isSecure: context.isSecure),
            let signIn = BegunSignIn(cookie: cookie, now: access.now()), let state = try? context.query["state"],
            SecretDigest(of: state) == SecretDigest(of: signIn.state)
        else { throw OpenIDFailure.invalidSignIn }
        guard used.use(signIn, at: access.now()) else { throw OpenIDFailure.invalidSignIn }
        guard (try? context.query["error"]) == nil else { throw OpenIDFailure.denied }
        guard let code = try? context.query["code"], (1...4096).contains(code.utf8.count) else {
            throw OpenIDFailure.invalidSignIn
        }
        guard used.enter() else { throw OpenIDFailure.busy }
        defer { used.leave() }
        return try await issuer.claims(
            code: code, named: try? context.query["iss"], signIn, callback: callback(context), now: access.now())
    }

    /// What an administrator needs to let somebody in.
    private func said(of claims: IssuedClaims?) -> String {
        guard let claims else { return "oidc" }
        return (["oidc, subject \(claims.identity.subject)"] + claims.names).joined(separator: ", ")
    }

    /// Where the issuer sends the browser back to. It must know the address beforehand.
    private func callback(_ context: RequestContext) -> String { "\(context.base.url)\(Self.path)/callback" }

    /// Ends the sign-in at the page, and with it the cookie.
    private func page(_ context: RequestContext, refused failure: OpenIDFailure?) -> Response {
        let fragment = failure.map { "#refused=\($0.rawValue)" } ?? ""
        let cookie = SignInCookie.field("", maxAge: 0, isSecure: context.isSecure)
        return Response(
            status: .found, headers: [.location: "\(context.base.prefix)/\(fragment)", .setCookie: cookie])
    }
}

/// The cookie of a sign-in that is on its way. `Lax`, because the way back begins at the issuer's page.
private enum SignInCookie {
    static func field(_ value: String, maxAge: Int = Int(BegunSignIn.lifetime), isSecure: Bool) -> String {
        "\(name(isSecure))=\(value); HttpOnly; SameSite=Lax; Path=/; Max-Age=\(maxAge)" + (isSecure ? "; Secure" : "")
    }

    static func value(in fields: [String], isSecure: Bool) -> String? {
        Cookies.value(name(isSecure), in: fields)
    }

    /// As with the session: over TLS, one that nobody else can have set.
    private static func name(_ isSecure: Bool) -> String { isSecure ? "__Host-srun-oidc" : "srun_oidc" }
}

extension RequestContext {
    fileprivate var isSecure: Bool { base.scheme == .https }
}
