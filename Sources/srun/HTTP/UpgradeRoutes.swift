import HTTPTypes
import HummingbirdCore
import SrunKit

/// Another version of srun in this one's place, while the jobs go on.
struct UpgradeRoutes: Sendable {
    let keeper: KeeperClient?

    var all: [Route] { [.post("/api/upgrade", .administer, body: .ignored, upgrade)] }

    @Sendable private func upgrade(_ request: Request, _ context: RequestContext) async throws -> Response {
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
