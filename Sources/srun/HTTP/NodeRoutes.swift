import HTTPTypes
import HummingbirdCore
import SrunKit

/// The nodes of the team; on a store of its own, this server.
struct NodeRoutes: Sendable {
    let engine: Engine
    let node: String

    var all: [Route] {
        [
            .get("/api/nodes", .view, list),
            .post("/api/nodes/:name/drain", .administer, body: .ignored) { [self] in try await setDraining(true, $0, $1)
            },
            .delete("/api/nodes/:name/drain", .administer) { [self] in try await setDraining(false, $0, $1) },
        ]
    }

    @Sendable private func list(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(try await engine.nodes().map { NodeMessage($0, isSelf: $0.node.name == node) })
    }

    private func setDraining(
        _ isDraining: Bool, _ request: Request, _ context: RequestContext
    ) async throws -> Response {
        let notFound = RequestError(.notFound, "node_not_found", "there is no node of this name in a team")
        guard let name = context.parameters["name"] ?? nil, Queueing.isName(name) else { throw notFound }
        // Apart from the conditions above: the optimizer of Swift 6.3.1 crashes on all of them in one guard.
        let isKnown = try await engine.setDraining(isDraining, node: name)
        guard isKnown else { throw notFound }
        return .json(
            PlainMessage(
                message: isDraining
                    ? "The node finishes what it runs and takes nothing new." : "The node takes new jobs again."))
    }
}

struct NodeMessage: Encodable {
    let name: String
    let version: String
    let address: String?
    let labels: [String]
    let capacity: Int
    let running: Int
    let queued: Int
    let state: String
    let heartbeatAt: String
    let isSelf: Bool

    init(_ status: NodeStatus, isSelf: Bool) {
        name = status.node.name
        version = status.node.version
        address = status.address.isEmpty ? nil : status.address
        labels = status.node.labels
        capacity = status.node.capacity
        running = status.running
        queued = status.queued
        state = status.state.rawValue
        heartbeatAt = RFC3339.string(from: status.heartbeatAt)
        self.isSelf = isSelf
    }

    private enum CodingKeys: CodingKey {
        case name, version, address, labels, capacity, running, queued, state, heartbeatAt, isSelf
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(version, forKey: .version)
        try container.encode(address, forKey: .address)
        try container.encode(labels, forKey: .labels)
        try container.encode(capacity, forKey: .capacity)
        try container.encode(running, forKey: .running)
        try container.encode(queued, forKey: .queued)
        try container.encode(state, forKey: .state)
        try container.encode(heartbeatAt, forKey: .heartbeatAt)
        try container.encode(isSelf, forKey: .isSelf)
    }
}
