import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// A job's output as a terminal recording: of a running job, up to now.
struct RecordingRoutes: Sendable {
    let engine: Engine

    var all: [Route] { [.get("/api/jobs/:id/recording", .view, read)] }

    @Sendable private func read(_ request: Request, _ context: RequestContext) async throws -> Response {
        let id = try context.jobID()
        let engine = engine
        let job = try await engine.job(id)
        let body = ResponseBody { writer in
            var recording = AsciicastWriter(job, sizes: try await engine.recordedSizes(id))
            try await writer.write(try recording.header())
            var feed = try await engine.follow(id)
            var offset: Int64 = 0
            while offset < job.outputBytes,
                let chunks = try await feed.next(
                    limit: min(Int(clamping: job.outputBytes - offset), LogFeed.standardLimit))
            {
                try await writer.write(recording.events(of: chunks))
                offset = chunks.last?.end ?? offset
            }
            // A body without its end tells the caller that this is not all.
            guard offset >= job.outputBytes else { throw RecordingCutShort() }
            try await writer.write(recording.finish())
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/x-asciicast", .contentDisposition: "attachment; filename=\"\(id).cast\"",
                .contentSecurityPolicy: SecurityHeaders.sandboxPolicy,
            ], body: body)
    }
}

private struct RecordingCutShort: Error {}
