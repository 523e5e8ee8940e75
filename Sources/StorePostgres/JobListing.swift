import SrunKit

/// The statement that answers a ``JobQuery``: one walk along the index from the page's place, which never touches output.
enum JobListing {
    static func statement(_ query: JobQuery, limit: Int, _ schema: PostgresSchema) -> PQStatement {
        var conditions: [String] = []
        var values: [PQValue] = []
        func place(_ value: PQValue) -> String {
            values.append(value)
            return "$\(values.count)"
        }
        if let after = query.after {
            conditions.append(
                "(created_at, id) < (\(place(.int(after.createdAt.microseconds))), \(place(.text(after.id.text))))")
        }
        if let tag = query.tag { conditions.append("tags @> \(place(.texts([tag])))") }
        if let node = query.node { conditions.append("node = \(place(.text(node)))") }
        if let createdBy = query.createdBy { conditions.append("created_by = \(place(.text(createdBy)))") }
        if !query.statuses.isEmpty {
            conditions.append("status = ANY(\(place(.texts(query.statuses.map(\.rawValue).sorted()))))")
        }
        if let text = query.text, !text.isEmpty {
            // Not LIKE, which has wildcards to escape. In this collation only letters of ASCII have a lower case.
            let pattern = place(.text(text))
            let holds = { (field: String) in
                "strpos(lower(\(field) COLLATE \"C\"), lower(\(pattern) COLLATE \"C\")) > 0"
            }
            conditions.append(
                """
                (\(holds("command")) OR \(holds("name")) OR \(holds("id"))
                OR EXISTS (SELECT 1 FROM unnest(tags) AS tag WHERE \(holds("tag"))))
                """)
        }
        return PQStatement(
            """
            SELECT j.*, (\(schema.isUnknown)) AS is_unknown FROM \(schema.jobs) j
            \(conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: "\nAND "))
            ORDER BY created_at DESC, id DESC
            LIMIT \(place(.int(Int64(limit))))
            """, values)
    }
}
