import ArgumentParser
import Foundation
import NIOHTTP1
import SrunKit

/// Attaches to a job and tells how that ended: what `srun attach` and `srun run --interactive` share.
struct Attachment: Sendable {
    /// So much of a job's output is shown of what it had printed before: a few screens.
    static let tailBytes: Int64 = 64 * 1024

    let client: APIClient
    let keys: DetachKeys

    private struct SessionSummary: Decodable {
        let rights: [String]
    }

    /// - Returns: The exit code for the shell.
    func run(_ job: JobSummary, fromStart: Bool, onlyWatches: Bool) async throws -> Int32 {
        let isAllowed = try await client.value(SessionSummary.self, .GET, "/api/session").rights.contains("input")
        if !isAllowed, !onlyWatches { StandardError.say("you may not type into jobs of this server; only watching") }
        let session = AttachSession(
            server: client.connection, job: job.id, start: fromStart ? 0 : -Self.tailBytes,
            liveOffset: fromStart ? 0 : job.outputBytes ?? 0, keys: keys, onlyWatches: onlyWatches || !isAllowed)
        switch try await session.run() {
        case .jobEnded:
            let summary = try await client.value(JobSummary.self, .GET, APIClient.path(job.id))
            if let remark = summary.remark { StandardError.say(remark) }
            return summary.shellExitCode
        case .left:
            StandardError.say("left job \(job.id); come back with: srun attach \(job.id)")
            return ExitCodes.ok.rawValue
        case .signal(let signal): return 128 + signal
        case .noTerminal:
            throw Failure(
                .badData, "job \(job.id) runs on pipes and has no terminal; its output: srun logs -f \(job.id)")
        case .lost(1012): throw Failure(.unavailable, "the server is going down")
        case .lost(4404): throw Failure(.noSuchJob, "job \(job.id) was removed")
        case .lost(4401): throw Failure(.permission, "\(client.connection.url) does not let us in any more")
        case .lost:
            throw Failure(
                .protocolError, "the connection to job \(job.id) broke; come back with: srun attach \(job.id)")
        }
    }
}

extension DetachKeys: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }

    var defaultValueDescription: String { text }
}
