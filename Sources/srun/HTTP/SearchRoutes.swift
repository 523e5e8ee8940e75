import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// Looks for text in the output of a job.
struct SearchRoutes: Sendable {
    let engine: Engine

    var all: [Route] {
        [.get("/api/jobs/:id/search", .view, search), .get("/api/search", .view, searchAll)]
    }

    /// What a pattern may keep a processor busy with between two looks at whether the caller is still there.
    private static let stepBytes = 64 * 1024

    @Sendable private func search(_ request: Request, _ context: RequestContext) async throws -> Response {
        let query = try SearchRequest(context.query)
        let engine = engine
        let job = try await engine.job(context.jobID())
        let body = ResponseBody { writer in
            // Nothing yet, but the head leaves: looking may take a while.
            try await writer.write(ByteBuffer())
            var lines = TextLines()
            var results = SearchResults(query)
            var feed = try await engine.follow(job.id)
            var offset: Int64 = 0
            while offset < job.outputBytes, !results.isTruncated {
                let limit = min(Int(clamping: job.outputBytes - offset), Self.stepBytes)
                // Whoever sees the last line shall know that nothing was left out.
                guard let chunks = try await feed.next(limit: limit) else { throw SearchCutShort() }
                for chunk in chunks { lines.append(chunk) { results.look(at: $0) } }
                offset = chunks.last?.end ?? offset
                try await writer.write(results.take())
            }
            lines.finish { results.look(at: $0) }
            results.end(after: offset)
            try await writer.write(results.take())
            try await writer.finish(nil)
        }
        let response = Response(
            status: .ok,
            headers: [
                .contentType: "application/x-ndjson; charset=utf-8",
                .contentSecurityPolicy: SecurityHeaders.sandboxPolicy,
            ], body: body)
        return ContentCoding.applied(to: response, for: request, flushes: true)
    }
}

private struct SearchCutShort: Error {}

/// The lines of an answer, as they are found.
private struct SearchResults {
    private var query: SearchRequest
    private var hits = 0
    /// There are more hits than were asked for: the rest need not be read.
    private(set) var isTruncated = false
    private var pending = ByteBuffer()

    init(_ query: SearchRequest) { self.query = query }

    mutating func look(at line: TextLine) {
        guard !isTruncated, line.offset >= query.start, let hit = query.search.hit(in: line.text) else { return }
        guard hits < query.limit else {
            isTruncated = true
            return
        }
        hits += 1
        write(
            SearchHitMessage(
                offset: line.offset, line: line.number, text: hit.excerpt, start: hit.match.lowerBound,
                length: hit.match.count))
    }

    mutating func end(after bytes: Int64) {
        write(SearchEndMessage(done: true, hits: hits, bytes: bytes, truncated: isTruncated))
    }

    /// What was not sent yet.
    mutating func take() -> ByteBuffer {
        defer { pending = ByteBuffer() }
        return pending
    }

    private mutating func write(_ message: some Encodable) {
        guard var bytes = try? JSONText.bytes(of: message) else { return }
        pending.writeBuffer(&bytes)
        pending.writeInteger(UInt8(ascii: "\n"))
    }
}

/// A line that holds what was looked for.
struct SearchHitMessage: Codable, Hashable {
    let offset: Int64
    let line: Int64
    let text: String
    let start: Int
    let length: Int
}

/// The last line of an answer.
struct SearchEndMessage: Codable, Hashable {
    let done: Bool
    let hits: Int
    let bytes: Int64
    let truncated: Bool
}
