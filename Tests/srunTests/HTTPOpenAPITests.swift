import HTTPTypes
import Logging
import NIOCore
import SrunKit
import SrunTestSupport
import StoreMemory
import Testing

@testable import srun

/// `docs/openapi.yaml` says what the server does: every route stands in it with its right, and nothing else does.
@Suite("The description of the API") struct HTTPOpenAPITests {
    private struct Entry: Hashable, CustomStringConvertible {
        let method: String
        let path: String
        let right: String

        var description: String { "\(method) \(path) \(right)" }
    }

    @Test func saysWhatTheRoutesSay() async throws {
        let routes = try await routes()
        let described = Self.entries(in: String(buffer: OpenAPIRoutes.document))
        let served = routes.filter { $0.path.hasPrefix("/api/") || $0.path == "/healthz" }.map { route in
            let right = if case .right(let right) = route.access { right.rawValue } else { "public" }
            return Entry(method: route.method.rawValue, path: Self.templated(route.path), right: right)
        }
        #expect(Set(served).count == served.count, "no route is there twice")
        for entry in Set(served).subtracting(described) {
            Issue.record("docs/openapi.yaml lacks, or has with another right: \(entry)")
        }
        for entry in Set(described).subtracting(served) {
            Issue.record("docs/openapi.yaml has what the server does not: \(entry)")
        }
    }

    @Test func nothingElseIsPublic() async throws {
        let open = try await routes().filter { $0.access == .public }
        let paths = Set(open.map { "\($0.method.rawValue) \($0.path)" }.filter { $0.contains("/api/") })
        #expect(
            paths.isSubset(of: [
                "POST /api/session", "GET /api/session/providers", "GET /api/session/oidc",
                "GET /api/session/oidc/callback",
            ]))
        for route in open where !route.path.hasPrefix("/api/") {
            #expect(route.method == .get, "\(route.path) is public, so it changes nothing")
        }
    }

    private func routes() async throws -> [Route] {
        try await withEngine(launcher: TestServer.greeter) { engine in
            let server = srun.Server(
                engine: engine, access: Access(.none, store: MemoryStore()),
                configuration: try srun.ServerConfiguration(host: "127.0.0.1", port: 0), build: .current, node: "test",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            ) { _ in }
            return server.routes
        }
    }

    private static func templated(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { piece in
            piece.hasPrefix(":") ? "{\(piece.dropFirst())}" : String(piece)
        }.joined(separator: "/")
    }

    /// Reads as much of YAML as the document uses: paths stand two spaces in, methods four, and their rights six.
    private static func entries(in document: String) -> [Entry] {
        var entries: [Entry] = []
        var (path, method) = ("", "")
        for line in document.split(separator: "\n") {
            let indent = line.prefix { $0 == " " }.count
            let text = line.drop { $0 == " " }
            switch indent {
            case 2 where text.hasPrefix("/"): path = String(text.dropLast())
            case 4 where text.hasSuffix(":"): method = String(text.dropLast()).uppercased()
            case 6 where text.hasPrefix("x-right: "):
                entries.append(Entry(method: method, path: path, right: String(text.dropFirst("x-right: ".count))))
            default: break
            }
        }
        return entries
    }
}
