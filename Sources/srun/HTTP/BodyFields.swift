import Foundation
import HTTPTypes
import HummingbirdCore
import NIOCore

/// The members of a small body, each read by its name; one that nobody asks for is refused.
struct BodyFields {
    private let json: JSONValue

    /// - Throws: ``RequestError`` for a body that is no object or holds another field than those named.
    init(_ request: Request, allowed: Set<String>) async throws {
        let body = try await request.body.collect(upTo: RequestLimits.bodyBytes)
        json = try StrictJSON.parse(body.readableBytesView)
        guard case .object(let members) = json else {
            throw RequestError.invalidField("body", "the body must be an object")
        }
        if let unknown = members.first(where: { !allowed.contains($0.key) }) {
            let name = unknown.key.cut(toBytes: RequestError.maximumEcho)
            var error = RequestError(.badRequest, "unknown_field", "there is no field \(name)")
            error.field = name
            throw error
        }
    }

    /// Whether it is there, be it null.
    func has(_ name: String) -> Bool { json[name] != nil }

    /// Nil when the field is missing or null.
    func text(_ name: String) throws(RequestError) -> String? {
        switch json[name] {
        case nil, .null: return nil
        case .string(let text): return text
        default: throw .invalidField(name, "\(name) must be a string")
        }
    }

    func required(_ name: String) throws(RequestError) -> String {
        guard let text = try text(name) else { throw .invalidField(name, "\(name) is missing") }
        return text
    }

    func flag(_ name: String) throws(RequestError) -> Bool? {
        switch json[name] {
        case nil, .null: return nil
        case .bool(let isOn): return isOn
        default: throw .invalidField(name, "\(name) must be true or false")
        }
    }

    func seconds(_ name: String, _ range: ClosedRange<Int64>) throws(RequestError) -> TimeInterval? {
        switch json[name] {
        case nil, .null: return nil
        case .number(.integer(let number)) where range.contains(number): return TimeInterval(number)
        default:
            throw .invalidField(
                name, "\(name) must be a whole number of seconds from \(range.lowerBound) to \(range.upperBound)")
        }
    }
}
