import SrunKit

/// Reads the query of `GET /api/jobs`, and writes the one of its next page.
enum ListRequest {
    static let maximumTextBytes = 1024

    static func jobQuery(from query: Query) throws(RequestError) -> JobQuery {
        var jobs = JobQuery()
        if let text = try query["limit"] {
            guard let limit = WholeNumber.read(text), (1...Int64(JobQuery.maximumLimit)).contains(limit) else {
                throw .invalidQuery("limit must be from 1 to \(JobQuery.maximumLimit)")
            }
            jobs.limit = Int(limit)
        }
        if let text = try query["status"] {
            for name in text.split(separator: ",", omittingEmptySubsequences: false) {
                guard let status = JobStatus(rawValue: String(name)) else {
                    throw .invalidQuery(
                        "status must name one or several of \(JobStatus.allCases.map(\.rawValue).joined(separator: ", "))"
                    )
                }
                jobs.statuses.insert(status)
            }
        }
        jobs.text = try text("q", in: query)
        jobs.tag = try text("tag", in: query)
        jobs.node = try text("node", in: query)
        jobs.createdBy = try text("by", in: query)
        if let text = try query["cursor"] {
            guard let cursor = JobCursor(text) else {
                throw .invalidQuery("cursor must come from the Link of the page before")
            }
            jobs.after = cursor
        }
        return jobs
    }

    /// Empty text narrows nothing.
    private static func text(_ name: String, in query: Query) throws(RequestError) -> String? {
        guard let text = try query[name], !text.isEmpty else { return nil }
        guard text.utf8.count <= maximumTextBytes else {
            throw .invalidQuery("\(name) must be at most \(maximumTextBytes) bytes")
        }
        return text
    }

    /// The value of `Link` (RFC 8288) that leads to the page after the given place.
    static func link(to next: JobCursor, _ query: JobQuery, prefix: String) -> String {
        var items = ["cursor=\(PercentCoding.encoded(next.description))", "limit=\(query.limit)"]
        if !query.statuses.isEmpty {
            let names = query.statuses.map(\.rawValue).sorted().joined(separator: ",")
            items.append("status=\(PercentCoding.encoded(names))")
        }
        for (name, text) in [("q", query.text), ("tag", query.tag), ("node", query.node), ("by", query.createdBy)] {
            if let text { items.append("\(name)=\(PercentCoding.encoded(text))") }
        }
        return "<\(prefix)/api/jobs?\(items.joined(separator: "&"))>; rel=\"next\""
    }
}

/// Numbers in a query.
enum WholeNumber {
    /// Nil for anything but an optional minus sign and digits that fit 64 bits.
    static func read(_ text: String) -> Int64? {
        let digits = text.hasPrefix("-") ? text.dropFirst() : Substring(text)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int64(text)
    }
}
