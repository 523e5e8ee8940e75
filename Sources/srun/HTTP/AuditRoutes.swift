import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// What people did, newest first: a page as JSON, or all of it as lines of JSON.
struct AuditRoutes: Sendable {
    let store: any AccessStore

    var all: [Route] { [.get("/api/audit", .administer, read)] }

    @Sendable private func read(_ request: Request, _ context: RequestContext) async throws -> Response {
        let query = try AuditRequest(context.query)
        if query.isExport { return export(query) }
        let entries = try await store.audit(query.query)
        var response = Response.json(entries.map(AuditMessage.init))
        if entries.count == query.query.limit, let last = entries.last, let name = HTTPField.Name("Link") {
            response.headers[name] = query.link(after: last.id, prefix: context.base.prefix)
        }
        return response
    }

    /// Everything that matches, a page at a time, so that it takes no more memory than one.
    private func export(_ request: AuditRequest) -> Response {
        let store = store
        var query = request.query
        query.limit = AuditQuery.maximumLimit
        let first = query
        let body = ResponseBody { writer in
            try await writer.write(ByteBuffer())
            var query = first
            while true {
                let entries = try await store.audit(query)
                var lines = ByteBuffer()
                for entry in entries {
                    var line = try JSONText.bytes(of: AuditMessage(entry))
                    lines.writeBuffer(&line)
                    lines.writeInteger(UInt8(ascii: "\n"))
                }
                if lines.readableBytes > 0 { try await writer.write(lines) }
                guard entries.count == query.limit, let last = entries.last else { break }
                query.before = last.id
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [
                .contentType: "application/x-ndjson; charset=utf-8",
                .contentDisposition: "attachment; filename=\"srun-audit.jsonl\"",
                .contentSecurityPolicy: SecurityHeaders.sandboxPolicy,
            ], body: body)
    }
}

/// Reads the query of `GET /api/audit`, and writes the one of its next page.
private struct AuditRequest {
    var query = AuditQuery()
    let isExport: Bool

    init(_ query: Query) throws(RequestError) {
        if let text = try query["limit"] {
            guard let limit = WholeNumber.read(text), (1...Int64(AuditQuery.maximumLimit)).contains(limit) else {
                throw .invalidQuery("limit must be from 1 to \(AuditQuery.maximumLimit)")
            }
            self.query.limit = Int(limit)
        }
        if let text = try query["cursor"] {
            guard let before = WholeNumber.read(text), before > 0 else {
                throw .invalidQuery("cursor must come from the Link of the page before")
            }
            self.query.before = before
        }
        self.query.user = try Self.word("user", query)
        self.query.action = try Self.word("action", query)
        switch try query["format"] {
        case nil, "json": isExport = false
        case "jsonl": isExport = true
        default: throw .invalidQuery("format must be json or jsonl")
        }
    }

    private static func word(_ name: String, _ query: Query) throws(RequestError) -> String? {
        guard let text = try query[name], !text.isEmpty else { return nil }
        guard text.utf8.count <= 256, !text.utf8.contains(0) else {
            throw .invalidQuery("\(name) must be at most 256 bytes")
        }
        return text
    }

    func link(after id: Int64, prefix: String) -> String {
        var items = ["cursor=\(id)", "limit=\(query.limit)"]
        if let user = query.user { items.append("user=\(PercentCoding.encoded(user))") }
        if let action = query.action { items.append("action=\(PercentCoding.encoded(action))") }
        return "<\(prefix)/api/audit?\(items.joined(separator: "&"))>; rel=\"next\""
    }
}

struct AuditMessage: Encodable {
    let entry: AuditEntry

    init(_ entry: AuditEntry) { self.entry = entry }

    private enum CodingKeys: CodingKey { case id, time, user, address, action, job, detail, result }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let event = entry.event
        try container.encode(entry.id, forKey: .id)
        try container.encode(RFC3339.string(from: event.time), forKey: .time)
        try container.encode(event.user, forKey: .user)
        try container.encode(event.address, forKey: .address)
        try container.encode(event.action, forKey: .action)
        try container.encode(event.job, forKey: .job)
        try container.encode(event.detail, forKey: .detail)
        try container.encode(event.result, forKey: .result)
    }
}
