import SrunKit

/// Reads the query of a search.
struct SearchRequest: Sendable {
    static let maximumTextBytes = 1024
    static let defaultLimit = 100
    static let maximumLimit = 1000

    var search: LineSearch
    let limit: Int
    /// Lines that begin before it are not hits.
    let start: Int64

    init(_ query: Query) throws(RequestError) {
        guard let text = try query["q"], !text.isEmpty, text.utf8.count <= Self.maximumTextBytes else {
            throw .invalidQuery("q must be a text of 1 to \(Self.maximumTextBytes) bytes")
        }
        let ignoresCase = try !query.flag("case")
        if try query.flag("regex") {
            search = LineSearch(try Self.program(text, ignoresCase: ignoresCase))
        } else {
            search = LineSearch(literal: text, ignoresCase: ignoresCase)
        }
        limit = Int(try Self.number("limit", in: query, 1...Int64(Self.maximumLimit)) ?? Int64(Self.defaultLimit))
        start = try Self.number("from", in: query, 0...Int64.max) ?? 0
    }

    private static func program(_ pattern: String, ignoresCase: Bool) throws(RequestError) -> PatternProgram {
        do {
            return try PatternProgram(pattern, ignoresCase: ignoresCase)
        } catch {
            var refusal = RequestError.invalidQuery("q is not a pattern: \(error.problem)")
            refusal.offset = error.position
            throw refusal
        }
    }

    static func number(
        _ name: String, in query: Query, _ range: ClosedRange<Int64>
    ) throws(RequestError) -> Int64? {
        guard let text = try query[name] else { return nil }
        guard let number = WholeNumber.read(text), range.contains(number) else {
            throw .invalidQuery("\(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }
}
