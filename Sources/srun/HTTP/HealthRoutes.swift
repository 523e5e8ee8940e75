import Foundation
import HTTPTypes
import HummingbirdCore
import SrunKit

/// What the server says about itself.
struct HealthRoutes: Sendable {
    let engine: Engine
    let build: BuildInfo

    var all: [Route] {
        [.get("/healthz", .public, health), .get("/api/version", .view, version)]
    }

    /// What was built, and which process serves: another one after an upgrade.
    private struct VersionMessage: Encodable {
        let build: BuildInfo

        private enum CodingKeys: CodingKey { case pid }

        func encode(to encoder: any Encoder) throws {
            try build.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(ProcessInfo.processInfo.processIdentifier, forKey: .pid)
        }
    }

    struct HealthMessage: Encodable {
        let status: String
        var reason: String?
    }

    /// Healthy is a server whose store answers and writes. One that takes no new jobs is degraded, and restarting it would not help.
    @Sendable private func health(_ request: Request, _ context: RequestContext) async throws -> Response {
        do {
            // What can be read may long be what is left of it. And a store that is known not to write is not waited for.
            if let fault = await engine.storeFault() { return Self.unavailable(fault.description) }
            _ = try await engine.jobs(JobQuery(limit: 1))
            guard await !engine.isDiskLow() else {
                return .json(
                    HealthMessage(
                        status: "degraded", reason: "the disk with the jobs is nearly full; new jobs are refused"))
            }
            return .json(HealthMessage(status: "ok"))
        } catch {
            return Self.unavailable(nil)
        }
    }

    static func unavailable(_ reason: String?) -> Response {
        .json(HealthMessage(status: "unavailable", reason: reason), status: .serviceUnavailable)
    }

    @Sendable private func version(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(VersionMessage(build: build))
    }
}
