/// A JSON value as it was written, members in their order.
indirect enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object([Member])

    struct Member: Hashable, Sendable {
        let key: String
        let value: JSONValue
    }

    subscript(key: String) -> JSONValue? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.key == key }?.value
    }

    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }
}

/// A number: whole ones that fit 64 bits are exact.
enum JSONNumber: Hashable, Sendable {
    case integer(Int64)
    case double(Double)
}

/// Where a text stops being JSON, in bytes from its start.
struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    let offset: Int
    /// What is wrong there, without a byte of the text.
    let problem: String

    var description: String { "\(problem) at byte \(offset)" }
}
