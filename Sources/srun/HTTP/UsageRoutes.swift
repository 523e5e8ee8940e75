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
            let outputBytes: Int64?

            private enum CodingKeys: CodingKey {
                case time, cpuSeconds, memoryBytes, readBytes, writtenBytes, processes, outputBytes
            }

            func encode(to encoder: any Encoder) throws {
                var fields = encoder.container(keyedBy: CodingKeys.self)
                try fields.encode(time, forKey: .time)
                try fields.encode(cpuSeconds, forKey: .cpuSeconds)
                try fields.encode(memoryBytes, forKey: .memoryBytes)
                try fields.encode(readBytes, forKey: .readBytes)
                try fields.encode(writtenBytes, forKey: .writtenBytes)
                try fields.encode(processes, forKey: .processes)
                // Null, not absent, when it is not known.
                try fields.encode(outputBytes, forKey: .outputBytes)
            }
        }

        let intervalSeconds: Int
        let samples: [Sample]

        init(_ history: UsageHistory) {
            intervalSeconds = history.intervalSeconds
            samples = history.samples.map {
                Sample(
                    time: RFC3339.string(from: $0.time), cpuSeconds: $0.cpuSeconds, memoryBytes: $0.memoryBytes,
                    readBytes: $0.readBytes, writtenBytes: $0.writtenBytes, processes: $0.processes,
                    outputBytes: $0.outputBytes)
            }
        }
    }

    @Sendable private func usage(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(UsageMessage(try await engine.usage(of: context.jobID())))
    }
}
