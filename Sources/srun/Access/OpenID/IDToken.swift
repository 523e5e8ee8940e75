import Foundation
import JWTKit
import SrunKit

/// What an issuer says of somebody, in its own signed words (OpenID Connect Core §2).
///
/// JWTKit checks signatures. Which algorithm and which key may have made one is decided here before it is asked, because it falls
/// back to some other key for a name that it does not know; and the claims are read here, by the strict reader of all JSON.
struct IDToken: Sendable {
    /// Why a token is worth nothing.
    enum Refusal: Error, Hashable, Sendable {
        case malformed
        /// None of ``SigningKeys/Algorithm``.
        case unknownAlgorithm
        /// New ones may have been made since the keys were read.
        case unknownKey
        case badSignature
        case wrongIssuer, wrongAudience, wrongNonce, wrongTime
        /// It names nobody, or not as §2 wants it.
        case wrongSubject
    }

    /// What the token must say.
    struct Expectation: Sendable {
        let issuer: String
        let clientID: String
        let nonce: String
        let now: Date
    }

    static let maximumBytes = 64 * 1024
    /// Clocks differ.
    static let leeway: TimeInterval = 60

    private let text: String
    private let algorithm: SigningKeys.Algorithm
    private let keyID: String?
    private let claims: JSONValue

    /// Reads a token without believing it.
    init(_ text: String) throws(Refusal) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= Self.maximumBytes, parts.count == 3, Base64URL.decode(parts[2]) != nil,
            let head = Self.json(parts[0]), let claims = Self.json(parts[1]),
            // RFC 7515 §4.1.11: what must be understood is not understood here.
            head["crit"] == nil
        else { throw .malformed }
        guard let algorithm = head["alg"]?.text.flatMap(SigningKeys.Algorithm.init(rawValue:)) else {
            throw .unknownAlgorithm
        }
        switch head["kid"] {
        case nil: keyID = nil
        case .string(let id): keyID = id
        default: throw .malformed
        }
        self.text = text
        self.algorithm = algorithm
        self.claims = claims
    }

    private static func json(_ text: Substring) -> JSONValue? {
        guard let bytes = Base64URL.decode(text), case .object(let members) = try? StrictJSON.parse(bytes) else {
            return nil
        }
        return .object(members)
    }

    /// Everything that §3.1.3.7 asks for.
    func verify(_ keys: SigningKeys, _ expected: Expectation) async throws(Refusal) -> IssuedClaims {
        guard let key = keys.key(keyID, for: algorithm) else { throw .unknownKey }
        do {
            // A collection of the one key: it cannot choose another.
            _ = try await JWTKeyCollection().add(jwk: key).verify(text, as: AnyPayload.self)
        } catch {
            throw .badSignature
        }
        guard claims["iss"]?.isExactly(expected.issuer) == true else { throw .wrongIssuer }
        try checkAudience(expected.clientID)
        guard let nonce = claims["nonce"]?.text, SecretDigest(of: nonce) == SecretDigest(of: expected.nonce) else {
            throw .wrongNonce
        }
        try checkTime(expected.now)
        // §2: at most 255 ASCII characters.
        guard let subject = claims["sub"]?.text, (1...255).contains(subject.utf8.count),
            subject.utf8.allSatisfy({ (0x20...0x7e).contains($0) })
        else { throw .wrongSubject }
        let isVerified = claims["email_verified"] == .bool(true) || claims["email_verified"] == .string("true")
        return IssuedClaims(
            identity: IssuedIdentity(issuer: expected.issuer, subject: subject),
            names: [claims["preferred_username"]?.text, isVerified ? claims["email"]?.text : nil].compactMap(\.self))
    }

    /// For this client; and when for others too, then asked for by this one.
    private func checkAudience(_ client: String) throws(Refusal) {
        let audience: [JSONValue]
        switch claims["aud"] {
        case .string(let one): audience = [.string(one)]
        case .array(let list): audience = list
        default: throw .wrongAudience
        }
        guard audience.contains(where: { $0.isExactly(client) }) else { throw .wrongAudience }
        guard let party = claims["azp"] else {
            if audience.count > 1 { throw .wrongAudience }
            return
        }
        guard party.isExactly(client) else { throw .wrongAudience }
    }

    private func checkTime(_ now: Date) throws(Refusal) {
        guard let end = time("exp"), now < end.addingTimeInterval(Self.leeway), let issued = time("iat"),
            issued.addingTimeInterval(-Self.leeway) <= now
        else { throw .wrongTime }
        guard claims["nbf"] == nil || time("nbf").map({ $0.addingTimeInterval(-Self.leeway) <= now }) == true else {
            throw .wrongTime
        }
    }

    private func time(_ name: String) -> Date? {
        switch claims[name] {
        case .number(.integer(let seconds)): Date(timeIntervalSince1970: TimeInterval(seconds))
        case .number(.double(let seconds)): Date(timeIntervalSince1970: seconds)
        default: nil
        }
    }
}

extension JSONValue {
    /// The same bytes: to a `String`, signs that look alike can be equal.
    fileprivate func isExactly(_ text: String) -> Bool { self.text?.utf8.elementsEqual(text.utf8) ?? false }
}

/// What is taken from a token that was found good.
struct IssuedClaims: Hashable, Sendable {
    let identity: IssuedIdentity
    /// What they are called there, the best first. Nobody is recognized by it.
    let names: [String]
}

/// Whatever a token holds.
private struct AnyPayload: JWTPayload {
    func verify(using algorithm: some JWTAlgorithm) async throws {}
}
