import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// A job's output: as a body, as a body that goes on until the job ends, or as a WebSocket.
struct LogRoutes: Sendable {
    let engine: Engine
    let timing: WebSocketTiming
    let audit: AuditLog

    var all: [Route] { [.socket("/api/jobs/:id/logs", .view, upgrade: upgrade, otherwise: read)] }

    @Sendable private func upgrade(_ context: RequestContext, _ handshake: WebSocketHandshake) async throws
        -> any WebSocketHandler
    {
        let id = try context.jobID()
        let wantsScreen = try context.query.flag("screen")
        var position = try position(context.query) ?? .offset(0)
        let job = try await engine.job(id)
        let screen =
            wantsScreen && handshake.subprotocol == WebSocketHandshake.version1 ? await engine.screen(of: id) : nil
        if let screen { position = .offset(screen.offset) }
        let feed = try await engine.follow(id, from: position)
        guard handshake.subprotocol == WebSocketHandshake.version1 else {
            return LegacyLogSocket(feed: feed, engine: engine, timing: timing)
        }
        let identity = context.admission?.identity
        let mayType = identity.map { $0.rights.contains(.input) && $0.mayAct(onJobOf: job.createdBy) } ?? false
        let (audit, client) = (audit, context.client)
        return LogSocket(job: job, feed: feed, engine: engine, timing: timing, mayType: mayType, screen: screen) {
            // What is typed is written down nowhere; that somebody does is.
            await audit.record("job.input", by: identity?.name, from: client, job: id.text)
        }
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
            let feed = try await engine.follow(id, from: position ?? .offset(0))
            let response = try await stream(feed, cutsAtGap: Self.cutsAtGap(context.query))
            return ContentCoding.applied(to: response, for: request, flushes: true)
        }
        let total = job.outputBytes
        // A part of what `from` has already cut would be counted from where? The field may always be ignored. So it is
        // when the caller wants it only for an unchanged body (If-Range): this body has no version to compare.
        let isWhole = job.outputDropped == 0
        let mayBePart = position == nil && request.headers[.ifRange] == nil && isWhole
        switch ByteRange(mayBePart ? request.headers[.range] : nil, total: total) {
        case .everything:
            let feed = try await engine.follow(id, from: position ?? .offset(0))
            let end = max(total, feed.start)
            let response = isWhole ? stored(id, from: feed.start, to: end, status: .ok) : kept(feed, to: end)
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

    /// `from` as it stands in the query: bytes from the start, or before the end when negative. No bytes before the end are none, so
    /// `-0` is a mistake.
    private func position(_ query: Query) throws(RequestError) -> LogPosition? {
        guard let text = try query["from"] else { return nil }
        guard let number = WholeNumber.read(text), number > .min, number != 0 || !text.hasPrefix("-") else {
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
                // Dropped since the length was promised.
                guard chunks.allSatisfy({ $0.dropped == 0 }) else { throw OutputCutShort() }
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

    /// What is kept of output that has a gap, with a line that tells of it in its place: its length is not known beforehand.
    private func kept(_ feed: LogFeed, to end: Int64) -> Response {
        let body = ResponseBody { writer in
            var feed = feed
            var offset = feed.start
            while offset < end {
                let limit = min(Int(clamping: end - offset), LogFeed.standardLimit)
                guard let chunks = try await feed.next(limit: limit) else { throw OutputCutShort() }
                try await writer.write(contentsOf: chunks.map(\.bytes))
                offset = chunks.last?.end ?? offset
            }
            try await writer.finish(nil)
        }
        return response(feed.job, .ok, body)
    }

    /// `gaps=cut`: for a caller that counts bytes, to go on where a connection broke.
    private static func cutsAtGap(_ query: Query) throws(RequestError) -> Bool {
        switch try query["gaps"] {
        case nil, "mark": false
        case "cut": true
        default: throw .invalidQuery("gaps must be mark or cut")
        }
    }

    /// - Parameter cutsAtGap: The body ends before a gap, and one that begins at a gap begins behind it, with a field that says how
    ///   many bytes that leaves out.
    private func stream(_ feed: LogFeed, cutsAtGap: Bool) async throws -> Response {
        var feed = feed
        let passed = cutsAtGap ? try await feed.passDropped() : 0
        let body = ResponseBody { [feed] writer in
            // Nothing yet, but the head leaves: the caller shall know at once that it was heard.
            try await writer.write(ByteBuffer())
            var feed = feed
            while let chunks = try await feed.next() {
                if cutsAtGap, chunks.contains(where: { $0.dropped > 0 }) { break }
                try await writer.write(contentsOf: chunks.map(\.bytes))
            }
            // Whoever reads must not take this for all of it.
            if feed.isCutShort { throw OutputCutShort() }
            try await writer.finish(nil)
        }
        var response = response(feed.job, .ok, body)
        if passed > 0, let name = HTTPField.Name(OutputGap.field) { response.headers[name] = "\(passed)" }
        return response
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

/// Output that was dropped, as `gaps=cut` has it.
enum OutputGap {
    /// How many bytes are missing before the first one of the body.
    static let field = "Srun-Output-Dropped"
}
