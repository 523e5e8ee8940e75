import Foundation
import JWTKit

/// The public keys of an issuer (RFC 7517), those of them that can have signed a token.
struct SigningKeys: Sendable {
    /// The only algorithms that count. `none` is not among them, nor is any with a shared secret: those would take the public key,
    /// which everybody has, for the secret.
    enum Algorithm: String, Sendable, CaseIterable {
        case rs256 = "RS256"
        case rs384 = "RS384"
        case rs512 = "RS512"
        case ps256 = "PS256"
        case ps384 = "PS384"
        case ps512 = "PS512"
        case es256 = "ES256"
        case es384 = "ES384"
        case es512 = "ES512"
        case edDSA = "EdDSA"

        /// The kind of key and its curve.
        var shape: Shape {
            switch self {
            case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: Shape(type: "RSA", curve: nil)
            case .es256: Shape(type: "EC", curve: "P-256")
            case .es384: Shape(type: "EC", curve: "P-384")
            case .es512: Shape(type: "EC", curve: "P-521")
            case .edDSA: Shape(type: "OKP", curve: "Ed25519")
            }
        }
    }

    struct Shape: Hashable, Sendable {
        let type: String
        let curve: String?
    }

    /// How many keys are looked at: a set has a handful.
    static let capacity = 100
    /// 8192 bits. A larger one only keeps the processor busy.
    private static let modulusBytes = 1024

    private struct Key: Sendable {
        let id: String?
        let shape: Shape
        /// Nil when the key does not say.
        let algorithm: Algorithm?
        let members: [String: String]
    }

    private let keys: [Key]

    /// Leaves out what cannot be used: keys for something else, of another kind, and those that show a private part, which
    /// everybody can sign with by now.
    ///
    /// - Returns: Nil for something that is no set of keys.
    init?(_ json: JSONValue) {
        guard case .array(let list) = json["keys"], list.count <= Self.capacity else { return nil }
        keys = list.compactMap(Self.key)
    }

    private static func key(_ json: JSONValue) -> Key? {
        guard case .object(let all) = json, json["use"].map({ $0 == .string("sig") }) ?? true,
            let type = json["kty"]?.text,
            !["d", "p", "q", "dp", "dq", "qi", "oth", "k"].contains(where: { json[$0] != nil })
        else { return nil }
        if let uses = json["key_ops"] {
            guard case .array(let list) = uses, list.contains(.string("verify")) else { return nil }
        }
        let shape = Shape(type: type, curve: type == "RSA" ? nil : json["crv"]?.text)
        guard Algorithm.allCases.contains(where: { $0.shape == shape }) else { return nil }
        var algorithm: Algorithm?
        if let name = json["alg"] {
            guard let known = name.text.flatMap(Algorithm.init(rawValue:)), known.shape == shape else { return nil }
            algorithm = known
        }
        var members: [String: String] = [:]
        for member in all { members[member.key] = member.value.text }
        return Key(id: members["kid"], shape: shape, algorithm: algorithm, members: members)
    }

    /// The one key that can have signed with this algorithm under this name. A token that names no key is only taken when there
    /// is no doubt which one it was.
    func key(_ id: String?, for algorithm: Algorithm) -> JWK? {
        let candidates = keys.filter { key in
            key.shape == algorithm.shape && (key.algorithm ?? algorithm) == algorithm && (id == nil || key.id == id)
        }
        guard candidates.count == 1, let key = candidates.first else { return nil }
        return Self.jwk(key, algorithm)
    }

    private static func jwk(_ key: Key, _ algorithm: Algorithm) -> JWK? {
        let name = JWKIdentifier(string: key.id ?? "")
        let kind = JWK.Algorithm(rawValue: algorithm.rawValue)
        switch key.shape.type {
        case "RSA":
            guard let n = key.members["n"].flatMap(Base64URL.decode), n.count <= modulusBytes,
                let e = key.members["e"].flatMap(Base64URL.decode), (1...8).contains(e.count)
            else { return nil }
            return .rsa(kind, identifier: name, modulus: Base64URL.encode(n), exponent: Base64URL.encode(e))
        case "EC":
            return .ecdsa(
                kind, identifier: name, x: key.members["x"], y: key.members["y"],
                curve: key.shape.curve.flatMap(ECDSACurve.init(rawValue:)))
        default:
            return .octetKeyPair(
                kind, identifier: name, x: key.members["x"], y: nil,
                curve: key.shape.curve.flatMap(EdDSACurve.init(rawValue:)))
        }
    }
}
