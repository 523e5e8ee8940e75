import GRDB
import SrunKit

/// The statement that answers a ``JobQuery``: one walk along the index from the page's place, which never touches output.
struct JobListing: Sendable {
    let sql: String
    let arguments: StatementArguments

    init(_ query: JobQuery, limit: Int) {
        var conditions: [String] = []
        var arguments = StatementArguments()
        if let after = query.after {
            conditions.append("(created_at, id) < (?, ?)")
            arguments += [after.createdAt.column, after.id.text]
        }
        if !query.statuses.isEmpty {
            let statuses = query.statuses.map(\.rawValue).sorted()
            conditions.append("status IN (\(statuses.map { _ in "?" }.joined(separator: ", ")))")
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
        sql = """
            SELECT * FROM jobs
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: "\nAND "))
            ORDER BY created_at DESC, id DESC
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
