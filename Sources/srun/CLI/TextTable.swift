/// Rows of text under headings, in columns as wide as they need to be.
enum TextTable {
    static func text(_ headings: [String], _ rows: [[String]]) -> String {
        let lines = [headings] + rows.map { $0.map(\.withoutControlCharacters) }
        let widths = headings.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            let cells = zip(line, widths).map { cell, width in
                cell + String(repeating: " ", count: max(0, width - cell.count))
            }
            let text = cells.joined(separator: "  ")
            return String(text.prefix(text.count - text.reversed().prefix { $0 == " " }.count)) + "\n"
        }.joined()
    }
}
