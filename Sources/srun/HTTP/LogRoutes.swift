import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// A job's output: as a body, as a body that goes on until the job ends, or as a WebSocket.
struct LogRoutes: Sendable {
    let engine: Engine
    let timing: WebSocketTiming

    var all: [Route] { [.socket("/api/jobs/:id/logs", .view, upgrade: upgrade, otherwise: read)] }

    @Sendable private func upgrade(_ context: RequestContext, _ handshake: WebSocketHandshake) async throws
        -> any WebSocketHandler
    {
        let id = try context.jobID()
        let position = try position(context.query) ?? .offset(0)
        let job = try await engine.job(id)
        let feed = try await engine.follow(id, from: position)
        guard handshake.subprotocol == WebSocketHandshake.version1 else {
            return LegacyLogSocket(feed: feed, engine: engine, timing: timing)
        }
        let mayType = context.admission?.identity.rights.contains(.input) ?? false
        return LogSocket(job: job, feed: feed, engine: engine, timing: timing, mayType: mayType)
    }

    @Sendable private func read(_ request: Request, _ context: RequestContext) async throws -> Response {
        let id = try context.jobID()
        let position = try position(context.query)
        let follows = try context.query.flag("follow")
        let text = try TextForm(context.query)
        let job = try await engine.job(id)
        if let text {
            let feed = try await engine.follow(id, from: position ?? .offset(0))
            let response = self.text(text, of: feed, upTo: follows ? nil : job.outputBytes)
            return ContentCoding.applied(to: response, for: request, flushes: follows)
        }
        if follows, request.method != .head {
            let response = stream(try await engine.follow(id, from: position ?? .offset(0)))
            return ContentCoding.applied(to: response, for: request, flushes: true)
        }
        let total = job.outputBytes
        // A part of what `from` has already cut would be counted from where? The field may always be ignored. So it is
        // when the caller wants it only for an unchanged body (If-Range): this body has no version to compare.
        let mayBePart = position == nil && request.headers[.ifRange] == nil
        switch ByteRange(mayBePart ? request.headers[.range] : nil, total: total) {
        case .everything:
            let feed = try await engine.follow(id, from: position ?? .offset(0))
            let response = stored(id, from: feed.start, to: max(total, feed.start), status: .ok)
            return ContentCoding.applied(to: response, for: request, flushes: false)
        case .part(let range):
            var response = stored(id, from: range.lowerBound, to: range.upperBound, status: .partialContent)
            response.headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(total)"
            return response
        case .unsatisfiable:
            var error = RequestError(.rangeNotSatisfiable, "range_not_satisfiable", "the output has \(total) bytes now")
            error.headers[.contentRange] = "bytes */\(total)"
            throw error
        }
    }

    /// `from` as it stands in the query: bytes from the start, or before the end when negative.
    private func position(_ query: Query) throws(RequestError) -> LogPosition? {
        guard let text = try query["from"] else { return nil }
        guard let number = WholeNumber.read(text), number > .min else {
            throw .invalidQuery("from must be a whole number")
        }
        return number < 0 ? .last(-number) : .offset(number)
    }

    private func stored(_ id: JobID, from start: Int64, to end: Int64, status: HTTPResponse.Status) -> Response {
        let engine = engine
        let body = ResponseBody(contentLength: Int(end - start)) { writer in
            var feed = try await engine.follow(id, from: .offset(start))
            var remaining = Int(end - start)
            while remaining > 0, let chunks = try await feed.next(limit: min(remaining, LogFeed.standardLimit)) {
                try await writer.write(contentsOf: chunks.map(\.bytes))
                remaining -= chunks.reduce(0) { $0 + $1.bytes.readableBytes }
            }
            // The caller was promised more. Breaking the connection off is the only way left to say that it will not
            // come.
            guard remaining == 0 else { throw OutputCutShort() }
            try await writer.finish(nil)
        }
        return response(id, status, body)
    }

    private func stream(_ feed: LogFeed) -> Response {
        let body = ResponseBody { writer in
            // Nothing yet, but the head leaves: the caller shall know at once that it was heard.
            try await writer.write(ByteBuffer())
            var feed = feed
            // A server that goes down ends its jobs first: this ends with the job, or with the connection.
            while let chunks = try await feed.next() {
                try await writer.write(contentsOf: chunks.map(\.bytes))
            }
            try await writer.finish(nil)
        }
        return response(feed.job, .ok, body)
    }

    /// Somebody else has written these bytes, so a browser shall save them and never show them as a page of this
    /// server.
    private func response(_ id: JobID, _ status: HTTPResponse.Status, _ body: ResponseBody) -> Response {
        Response(
            status: status,
            headers: [
                .contentType: "application/octet-stream", .contentDisposition: "attachment; filename=\"\(id).log\"",
                .contentSecurityPolicy: SecurityHeaders.sandboxPolicy, .acceptRanges: "bytes",
            ], body: body)
    }
}

struct OutputCutShort: Error {}
