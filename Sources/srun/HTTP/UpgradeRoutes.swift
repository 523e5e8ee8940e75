import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// Another version of srun in this one's place, while the jobs go on.
struct UpgradeRoutes: Sendable {
    let keeper: KeeperClient?

    var all: [Route] { [.post("/api/upgrade", .administer, body: .json, upgrade)] }

    @Sendable private func upgrade(_ request: Request, _ context: RequestContext) async throws -> Response {
        // By its process ID, which `GET /api/version` tells: a request that is sent twice replaces one server, not two.
        let body = try await request.body.collect(upTo: RequestLimits.bodyBytes)
        guard case .number(.integer(let pid))? = try StrictJSON.parse(body.readableBytesView)["pid"] else {
            throw RequestError.invalidField("pid", "pid must be the process ID of the server to replace")
        }
        guard pid == Int64(ProcessInfo.processInfo.processIdentifier) else {
            throw RequestError(.conflict, "not_this_server", "another server has taken its place already")
        }
        guard let keeper else {
            throw RequestError(
                .conflict, "no_keeper",
                "this server has no keeper, so its jobs would end with it: end it and start it anew")
        }
        if let reason = await keeper.upgrade() {
            throw RequestError(.conflict, "upgrade_refused", "no upgrade, and nothing has changed: \(reason)")
        }
        return .json(PlainMessage(message: "The new version takes over now."), status: .accepted)
    }
}
