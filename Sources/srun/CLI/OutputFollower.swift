import AsyncHTTPClient
import NIOCore
import NIOHTTP1

/// Reads a job's output from the server, and goes on where it was when the connection breaks.
struct OutputFollower: Sendable {
    let client: APIClient
    let job: String
    /// The server has already been reached with this job, so that failing to reach it is a broken connection.
    let isKnown: Bool

    /// How often a connection may break, one after the other, before it is given up.
    private static let attempts = 5

    /// Delivers all output, up to the end of the job.
    ///
    /// - Returns: The job as it ended.
    /// - Throws: ``Failure`` with ``ExitCodes/protocolError`` when the connection broke too often; whatever `deliver`
    ///   throws.
    func follow(_ deliver: (ByteBuffer) throws -> Void) async throws -> JobSummary {
        var offset: Int64 = 0
        var failures = 0
        var hasBegun = isKnown
        while true {
            let before = offset
            let reason: any Error
            do {
                try await read(from: &offset, begun: &hasBegun, deliver)
                let summary = try await client.value(JobSummary.self, .GET, APIClient.path(job))
                if summary.hasEnded, offset >= summary.outputBytes ?? 0 { return summary }
                reason = Failure(.protocolError, "the output ended before the job")
            } catch let lost as ConnectionLost {
                // A server that was never reached is not one that went away.
                guard hasBegun else { throw lost }
                reason = lost.failure
            } catch let failure as Failure where failure.code == .unavailable && hasBegun {
                reason = failure
            }
            failures = offset > before ? 1 : failures + 1
            guard failures <= Self.attempts else {
                throw Failure(
                    .protocolError,
                    "the connection broke \(Self.attempts + 1) times at byte \(offset) of the output of job \(job): \(reason)"
                )
            }
            // 0.25 s, doubling: a server that is being restarted is back within the 8 seconds of five attempts.
            try await Task.sleep(for: .milliseconds(125 << failures))
        }
    }

    private func read(
        from offset: inout Int64, begun: inout Bool, _ deliver: (ByteBuffer) throws -> Void
    ) async throws {
        let response = try await client.send(.GET, APIClient.path(job, "/logs?follow=1&gaps=cut&from=\(offset)"))
        begun = true
        if let dropped = response.headers.first(name: OutputGap.field).flatMap(Int64.init), dropped > 0 {
            try deliver(ByteBuffer(string: "\r\n[srun: \(dropped) bytes of the output were not kept]\r\n"))
            offset += dropped
        }
        try await client.read(response) { chunk in
            try deliver(chunk)
            offset += Int64(chunk.readableBytes)
        }
    }
}
