import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

extension SearchRoutes {
    /// Looks for text in all jobs, newest first.
    @Sendable func searchAll(_ request: Request, _ context: RequestContext) async throws -> Response {
        let query = try JobSearchRequest(context.query)
        let engine = engine
        // Before there is an answer: a store that does not answer shall be told by its status.
        _ = try await engine.jobs(JobQuery(limit: 1))
        let body = ResponseBody { writer in
            // Nothing yet, but the head leaves: looking may take a while.
            try await writer.write(ByteBuffer())
            var search = engine.search(
                query.text, ignoresCase: query.ignoresCase, limit: query.limit, after: query.cursor)
            while let hits = try await search.next() {
                var lines = ByteBuffer()
                for hit in hits { try Self.write(JobHitMessage(hit), to: &lines) }
                try await writer.write(lines)
            }
            var line = ByteBuffer()
            try Self.write(
                JobSearchEndMessage(
                    done: true, hits: search.hits, bytes: search.bytes, cursor: search.rest?.description), to: &line)
            try await writer.write(line)
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

    private static func write(_ message: some Encodable, to lines: inout ByteBuffer) throws {
        var bytes = try JSONText.bytes(of: message)
        lines.writeBuffer(&bytes)
        lines.writeInteger(UInt8(ascii: "\n"))
    }
}

/// Reads the query of a search of all jobs.
struct JobSearchRequest: Sendable {
    let text: String
    let ignoresCase: Bool
    let limit: Int
    let cursor: SearchCursor?

    init(_ query: Query) throws(RequestError) {
        guard let text = try query["q"], !text.isEmpty, text.utf8.count <= SearchRequest.maximumTextBytes else {
            throw .invalidQuery("q must be a text of 1 to \(SearchRequest.maximumTextBytes) bytes")
        }
        self.text = text
        ignoresCase = try !query.flag("case")
        limit = Int(
            try SearchRequest.number("limit", in: query, 1...Int64(SearchRequest.maximumLimit))
                ?? Int64(SearchRequest.defaultLimit))
        guard let place = try query["cursor"] else {
            cursor = nil
            return
        }
        guard let cursor = SearchCursor(place) else {
            throw .invalidQuery("cursor must come from the last line of the answer before")
        }
        self.cursor = cursor
    }
}

/// A job that holds what was looked for, and where.
struct JobHitMessage: Encodable {
    private let hit: JobSearch.Hit

    init(_ hit: JobSearch.Hit) { self.hit = hit }

    private struct JobPart: Encodable {
        let job: Job

        private enum CodingKeys: CodingKey { case id, command, name, status, createdAt }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(job.id.text, forKey: .id)
            try container.encode(job.spec.commandText, forKey: .command)
            try container.encode(job.spec.name, forKey: .name)
            try container.encode(job.status.rawValue, forKey: .status)
            try container.encode(RFC3339.string(from: job.createdAt), forKey: .createdAt)
        }
    }

    private enum CodingKeys: CodingKey { case job, field, line, offset, start, length, text }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(JobPart(job: hit.job), forKey: .job)
        let (field, offset, line): (String, Int64?, Int64?) =
            switch hit.place {
            case .command: ("command", nil, nil)
            case .name: ("name", nil, nil)
            case .tag: ("tag", nil, nil)
            case .line(let offset, let number): ("output", offset, number)
            }
        try container.encode(field, forKey: .field)
        try container.encode(line, forKey: .line)
        try container.encode(offset, forKey: .offset)
        try container.encode(hit.excerpt.match.lowerBound, forKey: .start)
        try container.encode(hit.excerpt.match.count, forKey: .length)
        try container.encode(hit.excerpt.excerpt, forKey: .text)
    }
}

/// The last line of an answer.
struct JobSearchEndMessage: Encodable {
    let done: Bool
    let hits: Int
    let bytes: Int64
    let cursor: String?

    private enum CodingKeys: CodingKey { case done, hits, bytes, cursor }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(done, forKey: .done)
        try container.encode(hits, forKey: .hits)
        try container.encode(bytes, forKey: .bytes)
        try container.encode(cursor, forKey: .cursor)
    }
}
