/// Reads JSON as RFC 8259 has it, and refuses what parsers disagree about.
///
/// A byte order mark, a repeated key, an unpaired surrogate, invalid UTF-8 and anything after the value are errors: two
/// programs that read such a text can see different things in it, and one of them may be a check. Nesting deeper than
/// ``maximumDepth`` is refused, so the depth of the input never becomes the depth of the stack.
enum StrictJSON {
    static let maximumDepth = 32

    static func parse(_ bytes: some Sequence<UInt8>) throws(JSONError) -> JSONValue {
        var parser = Parser(bytes: Array(bytes))
        return try parser.document()
    }

    private struct Parser {
        let bytes: [UInt8]
        var offset = 0
        var depth = 0

        init(bytes: [UInt8]) { self.bytes = bytes }

        var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

        func failure(_ problem: String, at place: Int? = nil) -> JSONError {
            JSONError(offset: place ?? offset, problem: problem)
        }

        mutating func document() throws(JSONError) -> JSONValue {
            let value = try value()
            skipSpace()
            guard next == nil else { throw failure("there is something after the end") }
            return value
        }

        mutating func skipSpace() {
            while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { offset += 1 }
        }

        mutating func take(_ byte: UInt8) -> Bool {
            guard next == byte else { return false }
            offset += 1
            return true
        }

        mutating func value() throws(JSONError) -> JSONValue {
            skipSpace()
            switch next {
            case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
            case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
            case UInt8(ascii: "\""): return .string(try string())
            case UInt8(ascii: "t"): return try word("true", .bool(true))
            case UInt8(ascii: "f"): return try word("false", .bool(false))
            case UInt8(ascii: "n"): return try word("null", .null)
            case nil: throw failure("a value is missing")
            case let byte? where byte == UInt8(ascii: "-") || byte.isDigit: return try number()
            default: throw failure("no value begins like this")
            }
        }

        mutating func nested(
            _ read: (inout Parser) throws(JSONError) -> JSONValue
        ) throws(JSONError) -> JSONValue {
            guard depth < StrictJSON.maximumDepth else {
                throw failure("nesting is deeper than \(StrictJSON.maximumDepth)")
            }
            depth += 1
            offset += 1
            let value = try read(&self)
            depth -= 1
            return value
        }

        mutating func object() throws(JSONError) -> JSONValue {
            var members: [JSONValue.Member] = []
            var keys: Set<String> = []
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object([]) }
            repeat {
                skipSpace()
                let place = offset
                guard next == UInt8(ascii: "\"") else { throw failure("a key is missing") }
                let key = try string()
                guard keys.insert(key).inserted else { throw failure("a key is repeated", at: place) }
                skipSpace()
                guard take(UInt8(ascii: ":")) else { throw failure("':' is missing") }
                members.append(JSONValue.Member(key: key, value: try value()))
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "}")) else { throw failure("',' or '}' is missing") }
            return .object(members)
        }

        mutating func array() throws(JSONError) -> JSONValue {
            var values: [JSONValue] = []
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array([]) }
            repeat {
                values.append(try value())
                skipSpace()
            } while take(UInt8(ascii: ","))
            guard take(UInt8(ascii: "]")) else { throw failure("',' or ']' is missing") }
            return .array(values)
        }

        mutating func word(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
            let start = offset
            for byte in "\(word)".utf8 where !take(byte) { throw failure("no value begins like this", at: start) }
            return value
        }

        /// RFC 8259 §6: no leading zero, no '+', digits on both sides of the point.
        mutating func number() throws(JSONError) -> JSONValue {
            let start = offset
            var isWhole = true
            _ = take(UInt8(ascii: "-"))
            if !take(UInt8(ascii: "0")) { try digits() }
            if take(UInt8(ascii: ".")) {
                isWhole = false
                try digits()
            }
            if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
                isWhole = false
                if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
                try digits()
            }
            let text = String(decoding: bytes[start..<offset], as: UTF8.self)
            if isWhole, let integer = Int64(text) { return .number(.integer(integer)) }
            guard let double = Double(text), double.isFinite else {
                throw failure("the number is too large", at: start)
            }
            return .number(.double(double))
        }

        mutating func digits() throws(JSONError) {
            let start = offset
            while let byte = next, byte.isDigit { offset += 1 }
            guard offset > start else { throw failure("a digit is missing") }
        }

        mutating func string() throws(JSONError) -> String {
            offset += 1
            let start = offset
            var text: [UInt8] = []
            while let byte = next {
                switch byte {
                case UInt8(ascii: "\""):
                    offset += 1
                    guard let string = String(validating: text, as: UTF8.self) else {
                        throw failure("a string is not UTF-8", at: start)
                    }
                    return string
                case UInt8(ascii: "\\"):
                    try escape(into: &text)
                case 0..<0x20:
                    throw failure("a control character must be escaped")
                default:
                    text.append(byte)
                    offset += 1
                }
            }
            throw failure("a string does not end")
        }

        mutating func escape(into text: inout [UInt8]) throws(JSONError) {
            let start = offset
            offset += 1
            guard let byte = next else { throw failure("a string does not end") }
            offset += 1
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0c)
            case UInt8(ascii: "n"): text.append(0x0a)
            case UInt8(ascii: "r"): text.append(0x0d)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text += Array(String(Character(try scalar(from: start))).utf8)
            default: throw failure("there is no such escape", at: start)
            }
        }

        /// RFC 8259 §7: beyond U+FFFF, a character is written as two escapes, the halves of a surrogate pair.
        mutating func scalar(from start: Int) throws(JSONError) -> Unicode.Scalar {
            let first = try fourDigits()
            if let scalar = Unicode.Scalar(first) { return scalar }
            guard (0xd800...0xdbff).contains(first), take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else {
                throw failure("half of a surrogate pair stands alone", at: start)
            }
            let second = try fourDigits()
            guard (0xdc00...0xdfff).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00))
            else { throw failure("half of a surrogate pair stands alone", at: start) }
            return scalar
        }

        mutating func fourDigits() throws(JSONError) -> UInt16 {
            var value: UInt16 = 0
            for _ in 0..<4 {
                guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                    throw failure("a hexadecimal digit is missing")
                }
                value = value << 4 | UInt16(digit)
                offset += 1
            }
            return value
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (0x30...0x39).contains(self) }
}
