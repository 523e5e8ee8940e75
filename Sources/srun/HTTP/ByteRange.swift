/// A `Range` field that asks for one piece (RFC 9110 §14.1.2).
enum ByteRange: Hashable, Sendable {
    /// Anything that is not one range of bytes is answered as if it had not been asked (§14.2).
    case everything
    case part(Range<Int64>)
    /// Nothing of it is there.
    case unsatisfiable

    init(_ field: String?, total: Int64) {
        self = .everything
        guard let field, let mark = field.firstIndex(of: "="), field[..<mark].lowercased() == "bytes" else { return }
        let parts = field[field.index(after: mark)...].split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let first = parts.first.map(String.init), let last = parts.last.map(String.init) else {
            return
        }
        switch (first.isEmpty, last.isEmpty) {
        case (true, true): return
        case (true, false):
            guard let count = WholeNumber.read(last) else { return }
            self = count == 0 || total == 0 ? .unsatisfiable : .part(max(0, total - count)..<total)
        case (false, _):
            guard let start = WholeNumber.read(first) else { return }
            var end = total
            if !last.isEmpty {
                guard let inclusive = WholeNumber.read(last), inclusive >= start else { return }
                end = inclusive < total ? inclusive + 1 : total
            }
            self = start < total ? .part(start..<end) : .unsatisfiable
        }
    }
}
