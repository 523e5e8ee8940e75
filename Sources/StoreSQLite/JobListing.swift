import GRDB
import SrunKit

/// The statement that answers a ``JobQuery``: one walk along the index from the page's place, which never touches output.
struct JobListing: Sendable {
    let sql: String
    let arguments: StatementArguments

    init(_ query: JobQuery, limit: Int) {
        var conditions: [String] = []
        var arguments = StatementArguments()
        // A tag has an index of its own, which is walked in place of that of the jobs.
        let place = query.tag == nil ? ("jobs.created_at", "jobs.id") : ("job_tags.created_at", "job_tags.job_id")
        if let tag = query.tag {
            conditions.append("job_tags.tag = ?")
            arguments += [tag]
        }
        if let createdBy = query.createdBy {
            conditions.append("jobs.created_by = ?")
            arguments += [createdBy]
        }
        if let node = query.node {
            conditions.append("jobs.node = ?")
            arguments += [node]
        }
        if let after = query.after {
            conditions.append("(\(place.0), \(place.1)) < (?, ?)")
            arguments += [after.createdAt.column, after.id.text]
        }
        if !query.statuses.isEmpty {
            let statuses = query.statuses.map(\.rawValue).sorted()
            conditions.append("jobs.status IN (\(statuses.map { _ in "?" }.joined(separator: ", ")))")
            arguments += StatementArguments(statuses)
        }
        if let text = query.text, !text.isEmpty {
            // Not LIKE: it has wildcards to escape, and refuses long patterns. Both take upper for lower case in ASCII only.
            conditions.append(
                """
                (instr(lower(command), ?) OR instr(lower(name), ?) OR instr(lower(id), ?)
                OR EXISTS (SELECT 1 FROM json_each(jobs.tags) WHERE instr(lower(value), ?)))
                """)
            arguments += StatementArguments(Array(repeating: text.lowercasedASCII, count: 4))
        }
        arguments += [limit]
        // CROSS JOIN: in this order and no other.
        sql = """
            SELECT \(JobRecord.columns) FROM \(query.tag == nil ? "jobs" : "job_tags CROSS JOIN jobs ON jobs.id = job_tags.job_id")
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: "\nAND "))
            ORDER BY \(place.0) DESC, \(place.1) DESC
            LIMIT ?
            """
        self.arguments = arguments
    }
}

extension String {
    fileprivate var lowercasedASCII: String {
        String(
            decoding: utf8.map { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) ? $0 | 0x20 : $0 }, as: UTF8.self)
    }
}
