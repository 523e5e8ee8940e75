import HTTPTypes
import HummingbirdCore

/// Who may use a route. There is no default: a route that does not say it cannot be written.
enum RouteAccess: Hashable, Sendable {
    case `public`
    case right(Right)

    static let view = RouteAccess.right(.view)
    static let operate = RouteAccess.right(.operate)
    static let administer = RouteAccess.right(.administer)
}

/// One method of one path.
struct Route: Sendable {
    typealias Handler = @Sendable (Request, RequestContext) async throws -> Response
    typealias Upgrade = @Sendable (RequestContext, WebSocketHandshake) async throws -> any WebSocketHandler

    enum BodyRule: Sendable {
        /// A body is not read.
        case ignored
        /// `application/json`, read whole, within ``RequestLimits/bodyBytes``.
        case json
    }

    let method: HTTPRequest.Method
    let path: String
    let access: RouteAccess
    let body: BodyRule
    /// Nil when the path is only for WebSockets.
    let handler: Handler?
    /// Set when the path can become a WebSocket.
    let upgrade: Upgrade?
    /// Whether it counts as a start of a job, of which one person may make only so many in a minute.
    var startsJob = false

    static func put(_ path: String, _ access: RouteAccess, body: BodyRule, _ handler: @escaping Handler) -> Route {
        Route(method: .put, path: path, access: access, body: body, handler: handler, upgrade: nil)
    }

    static func patch(_ path: String, _ access: RouteAccess, body: BodyRule, _ handler: @escaping Handler) -> Route {
        Route(method: .patch, path: path, access: access, body: body, handler: handler, upgrade: nil)
    }

    static func get(_ path: String, _ access: RouteAccess, _ handler: @escaping Handler) -> Route {
        Route(method: .get, path: path, access: access, body: .ignored, handler: handler, upgrade: nil)
    }

    static func socket(
        _ path: String, _ access: RouteAccess, upgrade: @escaping Upgrade, otherwise handler: Handler? = nil
    ) -> Route {
        Route(method: .get, path: path, access: access, body: .ignored, handler: handler, upgrade: upgrade)
    }

    static func post(
        _ path: String, _ access: RouteAccess, body: BodyRule, startsJob: Bool = false, _ handler: @escaping Handler
    ) -> Route {
        Route(
            method: .post, path: path, access: access, body: body, handler: handler, upgrade: nil, startsJob: startsJob)
    }

    static func delete(_ path: String, _ access: RouteAccess, _ handler: @escaping Handler) -> Route {
        Route(method: .delete, path: path, access: access, body: .ignored, handler: handler, upgrade: nil)
    }
}

/// Every route of the server. What is not in it does not exist.
struct RouteTable: Sendable {
    private struct Path: Sendable {
        let pieces: [Substring]
        var routes: [Route]

        var allow: String {
            var methods = Set(routes.map(\.method.rawValue)).union(["OPTIONS"])
            if methods.contains("GET") { methods.insert("HEAD") }
            return methods.sorted().joined(separator: ", ")
        }
    }

    enum Match: Sendable {
        case route(Route, parameters: [String: String?])
        /// `OPTIONS` on a path that exists.
        case options(allow: String)
        /// Also tells whether the path could become a WebSocket.
        case methodNotAllowed(allow: String, isSocket: Bool)
        case notFound
    }

    private let paths: [Path]

    init(_ routes: [Route]) {
        var paths: [Path] = []
        for route in routes {
            let pieces = route.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            if let index = paths.firstIndex(where: { $0.pieces == Array(pieces) }) {
                paths[index].routes.append(route)
            } else {
                paths.append(Path(pieces: Array(pieces), routes: [route]))
            }
        }
        self.paths = paths
    }

    var routes: [Route] { paths.flatMap(\.routes) }

    /// The methods that some path takes, for requests that name no path.
    var allow: String {
        let all = paths.reduce(into: Set<String>()) { $0.formUnion($1.allow.split(separator: ", ").map(String.init)) }
        return all.sorted().joined(separator: ", ")
    }

    func match(_ method: HTTPRequest.Method, _ segments: [RequestTarget.Segment]) -> Match {
        for path in paths {
            guard let parameters = parameters(of: path, segments) else { continue }
            if method == .options { return .options(allow: path.allow) }
            // RFC 9110 §9.3.2: HEAD is GET without the body.
            let wanted = method == .head ? .get : method
            guard let route = path.routes.first(where: { $0.method == wanted }) else {
                return .methodNotAllowed(allow: path.allow, isSocket: path.routes.contains { $0.upgrade != nil })
            }
            return .route(route, parameters: parameters)
        }
        return .notFound
    }

    private func parameters(of path: Path, _ segments: [RequestTarget.Segment]) -> [String: String?]? {
        guard path.pieces.count == segments.count else { return nil }
        var parameters: [String: String?] = [:]
        for (piece, segment) in zip(path.pieces, segments) {
            if piece.hasPrefix(":") {
                parameters[String(piece.dropFirst())] = .some(segment.decoded)
            } else if piece != segment.raw {
                return nil
            }
        }
        return parameters
    }
}
