import Foundation
import HTTPTypes
import HummingbirdCore
import SrunKit

/// What a job uses of the machine, for plots.
struct UsageRoutes: Sendable {
    let engine: Engine

    var all: [Route] { [.get("/api/jobs/:id/usage", .view, usage)] }

    private struct UsageMessage: Encodable {
        struct Sample: Encodable {
            let time: String
            let cpuSeconds: Double
            let memoryBytes: Int64
            let readBytes: Int64
            let writtenBytes: Int64
            let processes: Int
        }

        let intervalSeconds: Int
        let samples: [Sample]

        init(_ history: UsageHistory) {
            intervalSeconds = history.intervalSeconds
            samples = history.samples.map {
                Sample(
                    time: RFC3339.string(from: $0.time), cpuSeconds: $0.cpuSeconds, memoryBytes: $0.memoryBytes,
                    readBytes: $0.readBytes, writtenBytes: $0.writtenBytes, processes: $0.processes)
            }
        }
    }

    @Sendable private func usage(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(UsageMessage(try await engine.usage(of: context.jobID())))
    }
}
