import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Every check that a request passes before anything is done for it, in one order, stopping at the first that fails:
/// form of the head, host, route and method, who it is, cross-site rules, right, how often, media type and size of the body.
struct Gate: Sendable {
    let routes: RouteTable
    let forwarding: Forwarding
    let access: Access
    let audit: AuditLog
    /// The field in which a trusted proxy says who somebody is; nil when none may.
    var vouchingField: String?
    /// Nil lets everybody start jobs as fast as they can.
    var starts: StartThrottle?

    /// A request that may be answered, once its body is there.
    struct Call: Sendable {
        let route: Route
        let context: RequestContext
        let head: HTTPRequestHead
        /// Set when the caller wants a WebSocket and the route has one.
        let handshake: WebSocketHandshake?
    }

    enum Verdict: Sendable {
        case call(Call)
        /// Answered already: `OPTIONS`, and a browser that looks for a page where there is none.
        case answer(Response)
    }

    func admit(_ head: HTTPRequestHead, peer: SocketAddress?, local: SocketAddress?, logger: Logger)
        async throws(RequestError) -> Verdict
    {
        try checkForm(of: head)
        guard let method = HTTPRequest.Method(rawValue: head.method.rawValue) else {
            throw .malformed("the method is malformed")
        }
        // RFC 9112 §3.2.3: only CONNECT has an authority as its target, and srun is no proxy.
        guard method != .connect, let target = RequestTarget(head.uri) else {
            guard method == .connect else { throw .malformed("the target of the request is malformed") }
            var error = RequestError.methodNotAllowed(routes.allow)
            error.closesConnection = true
            throw error
        }
        let base = try forwarding.base(of: head, target: target, peer: peer, local: local)
        if target.isAsterisk {
            guard method == .options else { throw .malformed("only OPTIONS goes to all addresses") }
            return .answer(.options(allow: routes.allow))
        }
        switch routes.match(method, target.segments) {
        case .options(let allow): return .answer(.options(allow: allow))
        case .methodNotAllowed(let allow, let isSocket):
            guard isSocket, WebSocketHandshake.isRequested(by: head) else { throw .methodNotAllowed(allow) }
            _ = try await admission(head, peer, base.scheme)
            throw .badUpgrade("only GET can become a WebSocket")
        case .notFound:
            // Who has not signed in does not learn which addresses below /api exist.
            if target.segments.first?.raw == "api" { _ = try await admission(head, peer, base.scheme) }
            if let page = NothingHerePage.answer(to: head, target: target, base: base) { return .answer(page) }
            throw .notFound
        case .route(let route, let parameters):
            let admission = try await self.admission(head, peer, base.scheme, route.access)
            let wantsUpgrade = route.upgrade != nil && WebSocketHandshake.isRequested(by: head)
            let rule = CrossSiteRule(base: base, changesSomething: !method.isSafe, upgrades: wantsUpgrade)
            try rule.check(head.headers, proof: admission?.proof)
            if case .right(let right) = route.access, admission?.identity.rights.contains(right) != true {
                await audit.record(
                    route.auditAction, by: admission?.identity.name, from: forwarding.client(of: head, peer: peer),
                    job: route.job(in: parameters), result: RequestError.forbidden.code)
                throw .forbidden
            }
            if route.startsJob, let admission { try starts?.count(admission.identity.name) }
            if route.body == .json { try checkBody(of: head) }
            let context = RequestContext(
                target: target, base: base, admission: admission, parameters: parameters,
                client: forwarding.client(of: head, peer: peer), note: AuditNote(), logger: logger)
            if wantsUpgrade {
                return .call(Call(route: route, context: context, head: head, handshake: try WebSocketHandshake(head)))
            }
            guard route.handler != nil else {
                throw .badUpgrade("this address is only for WebSockets")
            }
            return .call(Call(route: route, context: context, head: head, handshake: nil))
        }
    }

    /// What the parser lets pass although the next hop may read it otherwise (RFC 9112 §6.1).
    private func checkForm(of head: HTTPRequestHead) throws(RequestError) {
        guard head.uri.utf8.count <= RequestLimits.targetBytes else {
            throw .malformed(
                "the address is longer than \(RequestLimits.targetBytes) bytes", status: .uriTooLong,
                code: "uri_too_long")
        }
        let codings = head.headers["transfer-encoding"]
        guard codings.isEmpty || codings.count == 1 && codings.first?.lowercased() == "chunked" && !head.isHTTP10 else {
            throw .malformed("the only transfer coding is chunked")
        }
        guard head.headers["content-length"].count + codings.count <= 1 else {
            throw .malformed("the length of the body is ambiguous")
        }
    }

    private func admission(
        _ head: HTTPRequestHead, _ peer: SocketAddress?, _ scheme: Scheme, _ access: RouteAccess = .view
    ) async throws(RequestError) -> Access.Admission? {
        let credentials = Credentials(
            head.headers, isSecure: scheme == .https, isUpgrade: WebSocketHandshake.isRequested(by: head))
        var admission: Access.Admission?
        if !credentials.areBroken {
            do {
                admission = try await self.access.admit(
                    bearer: credentials.bearer, session: credentials.session, vouched: vouched(head, peer))
            } catch {
                // Whoever needs no proof is served all the same: /healthz is there to say what is wrong.
                if access != .public { throw .storageUnavailable }
            }
        }
        guard access == .public || admission != nil else { throw .unauthorized }
        return admission
    }

    /// Believed from a trusted proxy only, and only when it stands there once.
    private func vouched(_ head: HTTPRequestHead, _ peer: SocketAddress?) -> String? {
        guard let vouchingField, forwarding.proxies.contains(peer) else { return nil }
        let values = head.headers[vouchingField]
        return values.count == 1 ? values.first : nil
    }

    private func checkBody(of head: HTTPRequestHead) throws(RequestError) {
        let types = head.headers["content-type"]
        let type = types.first?.prefix { $0 != ";" }.lowercased().trimmingSpaces
        guard types.count == 1, type == "application/json" else {
            throw RequestError(.unsupportedMediaType, "unsupported_media_type", "the body must be application/json")
        }
        if let length = head.headers["content-length"].first.flatMap({ Int($0) }), length > RequestLimits.bodyBytes {
            throw .bodyTooLarge
        }
    }
}

extension HTTPRequest.Method {
    /// RFC 9110 §9.2.1.
    var isSafe: Bool { self == .get || self == .head || self == .options }
}

extension Response {
    fileprivate static func options(allow: String) -> Response {
        Response(status: .noContent, headers: [.allow: allow])
    }
}
