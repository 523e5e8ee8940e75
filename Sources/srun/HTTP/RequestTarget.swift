/// What a request line names (RFC 9112 §3.2).
struct RequestTarget: Sendable, Hashable {
    /// Given only in the absolute form, `GET http://host/path`.
    let authority: Authority?
    /// `*`, which only `OPTIONS` uses.
    let isAsterisk: Bool
    /// The path cut at its slashes before anything is decoded, so an encoded slash never makes a second segment.
    let segments: [Segment]
    let query: Query
    /// For the access log: the path as it came, without the query, which may hold what people searched for.
    let path: String

    struct Segment: Sendable, Hashable {
        let raw: String
        /// Nil when the percent-encoding is broken or its bytes are not UTF-8.
        let decoded: String?
    }

    /// Returns nil for a form that a server of its own content has no use for.
    init?(_ uri: String) {
        var rest = Substring(uri)
        var authority: Authority?
        isAsterisk = uri == "*"
        // Byte by byte from here on: to a `String`, a slash with an accent behind it is another sign.
        if !isAsterisk, rest.utf8.first != UInt8(ascii: "/") {
            guard let scheme = ["http://", "https://"].first(where: rest.lowercased().hasPrefix) else { return nil }
            rest = rest.dropFirst(scheme.count)
            let end = rest.utf8.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
            guard let parsed = Authority(rest[..<end]) else { return nil }
            authority = parsed
            rest = rest[end...]
        }
        self.authority = authority
        rest = Substring(rest.utf8.prefix { $0 != UInt8(ascii: "#") })
        let mark = rest.utf8.firstIndex(of: UInt8(ascii: "?"))
        path = String(rest[..<(mark ?? rest.endIndex)])
        query = Query(mark.map { rest[rest.utf8.index(after: $0)...] } ?? "")
        let parts = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        segments = parts.dropFirst().map { part in
            Segment(raw: String(Substring(part)), decoded: PercentCoding.decoded(Substring(part)))
        }
    }
}

/// The parameters after the question mark.
struct Query: Sendable, Hashable {
    private let items: [String: [String]]
    /// A parameter whose percent-encoding is broken; its name and value are lost.
    let isBroken: Bool

    init(_ text: Substring) {
        var items: [String: [String]] = [:]
        var isBroken = false
        for pair in text.utf8.split(separator: UInt8(ascii: "&")) {
            let parts = pair.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
                .map { Substring($0) }
            let value = parts.count == 2 ? parts.last ?? "" : ""
            guard let name = parts.first.flatMap({ PercentCoding.decoded($0, plusIsSpace: true) }),
                let decoded = PercentCoding.decoded(value, plusIsSpace: true)
            else {
                isBroken = true
                continue
            }
            items[name, default: []].append(decoded)
        }
        self.items = items
        self.isBroken = isBroken
    }

    /// - Throws: ``RequestError`` when the parameter is given twice, or one of the query's parameters cannot be read.
    subscript(name: String) -> String? {
        get throws(RequestError) {
            guard !isBroken else { throw .invalidQuery("the query is not properly percent-encoded") }
            let values = items[name, default: []]
            guard values.count < 2 else { throw .invalidQuery("\(name) is given more than once") }
            return values.first
        }
    }

    /// A parameter that is on or off.
    func flag(_ name: String) throws(RequestError) -> Bool {
        switch try self[name] {
        case nil, "0", "false": false
        case "1", "true": true
        default: throw .invalidQuery("\(name) must be true or false")
        }
    }
}

/// Percent-encoding (RFC 3986 §2.1).
enum PercentCoding {
    /// Nil when a percent sign is not followed by two hexadecimal digits, or the result is not UTF-8.
    static func decoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
        var bytes: [UInt8] = []
        var iterator = text.utf8.makeIterator()
        while let byte = iterator.next() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = iterator.next().flatMap(digit), let low = iterator.next().flatMap(digit) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// Everything encoded but the unreserved characters (RFC 3986 §2.3).
    static func encoded(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            if isUnreserved(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
            }
        }
        return result
    }

    static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        Character(Unicode.Scalar(byte)).hexDigitValue.map { UInt8($0) }
    }
}
