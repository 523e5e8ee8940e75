import Crypto
import CryptoExtras
import Foundation

@testable import srun

/// Signs like an issuer, by the cryptography alone and not by the library that is to check it.
struct OpenIDSigner: Sendable {
    enum Key: Sendable {
        case rsa(_RSA.Signing.PrivateKey)
        case p256(P256.Signing.PrivateKey)
        case p384(P384.Signing.PrivateKey)
        case ed25519(Curve25519.Signing.PrivateKey)
    }

    let id: String?
    let key: Key

    /// One key for all tests: making one takes its time.
    static let rsa = try? _RSA.Signing.PrivateKey(keySize: .bits2048)

    init(_ id: String?, _ key: Key) {
        self.id = id
        self.key = key
    }

    /// The public key as the issuer shows it.
    func jwk(_ more: [String: String] = [:]) throws -> [String: String] {
        var members: [String: String]
        switch key {
        case .rsa(let key):
            let numbers = try key.publicKey.getKeyPrimitives()
            members = [
                "kty": "RSA", "n": Base64URL.encode(numbers.modulus), "e": Base64URL.encode(numbers.publicExponent),
            ]
        case .p256(let key): members = Self.curve("P-256", key.publicKey.rawRepresentation)
        case .p384(let key): members = Self.curve("P-384", key.publicKey.rawRepresentation)
        case .ed25519(let key):
            members = ["kty": "OKP", "crv": "Ed25519", "x": Base64URL.encode(key.publicKey.rawRepresentation)]
        }
        members["kid"] = id
        members["use"] = "sig"
        return members.merging(more) { $1 }
    }

    private static func curve(_ name: String, _ point: Data) -> [String: String] {
        let half = point.count / 2
        return [
            "kty": "EC", "crv": name, "x": Base64URL.encode(point.prefix(half)),
            "y": Base64URL.encode(point.suffix(half)),
        ]
    }

    static func keys(_ keys: [[String: String]]) throws -> JSONValue {
        let data = try JSONSerialization.data(withJSONObject: ["keys": keys])
        return try StrictJSON.parse(data)
    }

    /// A token, signed as `algorithm` says, whatever its head says.
    func token(_ algorithm: String, head: [String: Any]? = nil, claims: [String: Any]) throws -> String {
        var all: [String: Any] = head ?? ["alg": algorithm, "typ": "JWT"]
        if head == nil { all["kid"] = id }
        let signed = try [all, claims].map { Base64URL.encode(try JSONSerialization.data(withJSONObject: $0)) }
            .joined(separator: ".")
        return "\(signed).\(Base64URL.encode(try signature(algorithm, Array(signed.utf8))))"
    }

    private func signature(_ algorithm: String, _ bytes: [UInt8]) throws -> Data {
        switch (key, algorithm) {
        case (_, "none"): Data()
        case (.rsa(let key), "HS256"):
            // The classic: the public key, which everybody has, as the shared secret.
            Data(
                HMAC<SHA256>.authenticationCode(
                    for: bytes, using: SymmetricKey(data: Data(key.publicKey.pemRepresentation.utf8))))
        case (.rsa(let key), "RS256"):
            try key.signature(for: SHA256.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation
        case (.rsa(let key), "RS512"):
            try key.signature(for: SHA512.hash(data: bytes), padding: .insecurePKCS1v1_5).rawRepresentation
        case (.rsa(let key), "PS384"):
            try key.signature(for: SHA384.hash(data: bytes), padding: .PSS).rawRepresentation
        case (.p256(let key), "ES256"): try key.signature(for: SHA256.hash(data: bytes)).rawRepresentation
        case (.p384(let key), "ES384"): try key.signature(for: SHA384.hash(data: bytes)).rawRepresentation
        case (.ed25519(let key), "EdDSA"): try key.signature(for: bytes)
        default: Data(repeating: 0, count: 64)
        }
    }
}
