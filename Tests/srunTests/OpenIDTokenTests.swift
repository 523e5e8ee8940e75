import Crypto
import Foundation
import SrunKit
import Testing

@testable import srun

@Suite("What an issuer signs")
struct OpenIDTokenTests {
    private static let noon = Date(timeIntervalSince1970: 1_780_000_000)
    private static let issuer = "https://id.example/"

    private var expected: IDToken.Expectation {
        IDToken.Expectation(issuer: Self.issuer, clientID: "srun", nonce: "the nonce", now: Self.noon)
    }

    private static func claims(_ changes: [String: Any?] = [:]) -> [String: Any] {
        var claims: [String: Any] = [
            "iss": issuer, "sub": "ann|1", "aud": "srun", "nonce": "the nonce",
            "iat": Int(noon.timeIntervalSince1970), "exp": Int(noon.timeIntervalSince1970) + 300,
        ]
        for (name, value) in changes { claims[name] = value }
        return claims
    }

    private func rsa(_ id: String? = "1") throws -> OpenIDSigner {
        OpenIDSigner(id, .rsa(try #require(OpenIDSigner.rsa)))
    }

    private func keys(_ keys: [[String: String]]) throws -> SigningKeys {
        try #require(SigningKeys(OpenIDSigner.keys(keys)))
    }

    /// What becomes of a token; nil when it is good.
    private func refusal(_ token: String, _ keys: SigningKeys) async -> IDToken.Refusal? {
        do throws(IDToken.Refusal) {
            _ = try await IDToken(token).verify(keys, expected)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: ["RS256", "RS512", "PS384", "ES256", "ES384", "EdDSA"])
    func isBelievedWhenSignedByAKeyOfTheIssuer(_ algorithm: String) async throws {
        let key: OpenIDSigner.Key =
            switch algorithm {
            case "ES256": .p256(P256.Signing.PrivateKey())
            case "ES384": .p384(P384.Signing.PrivateKey())
            case "EdDSA": .ed25519(Curve25519.Signing.PrivateKey())
            default: .rsa(try #require(OpenIDSigner.rsa))
            }
        let signer = OpenIDSigner("1", key)
        let keys = try keys([signer.jwk(), OpenIDSigner("2", .p256(P256.Signing.PrivateKey())).jwk()])
        let names: [String: Any?] = ["preferred_username": "ann", "email": "a@b.example", "email_verified": true]
        let token = try signer.token(algorithm, claims: Self.claims(names))
        let claims = try await IDToken(token).verify(keys, expected)
        #expect(claims.identity == IssuedIdentity(issuer: Self.issuer, subject: "ann|1"))
        #expect(claims.names == ["ann", "a@b.example"])
        // One other bit anywhere in what is signed, or in the signature.
        let parts = token.split(separator: ".").map(String.init)
        let other = try signer.token(algorithm, claims: Self.claims(["sub": "eve"])).split(separator: ".")
        #expect(await refusal("\(parts[0]).\(other[1]).\(parts[2])", keys) == .badSignature)
        #expect(await refusal("\(parts[0]).\(parts[1]).\(other[2])", keys) == .badSignature)
        #expect(await refusal("\(parts[0]).\(parts[1]).", keys) == .badSignature)
        let stranger = OpenIDSigner("1", .p256(P256.Signing.PrivateKey()))
        #expect(await refusal(try stranger.token("ES256", claims: Self.claims()), keys) != nil)
    }

    /// Also when the set has a key of that name and somebody has put "HS256" on it.
    @Test(arguments: ["none", "None", "HS256", "HS512", "RS1", "", "rs256", "dir"])
    func noOtherAlgorithmCounts(_ algorithm: String) async throws {
        let signer = try rsa()
        let token = try signer.token(
            algorithm == "HS256" ? "HS256" : "none", head: ["alg": algorithm, "kid": "1"], claims: Self.claims())
        #expect(await refusal(token, try keys([signer.jwk()])) == .unknownAlgorithm)
        #expect(await refusal(token, try keys([signer.jwk(["alg": algorithm])])) == .unknownAlgorithm)
    }

    /// What a claim is instead of what it should be; null: it is missing.
    private static let wrong: [(String, IDToken.Refusal)] = [
        (#"{"iss": "https://id.example"}"#, .wrongIssuer), (#"{"iss": null}"#, .wrongIssuer),
        (#"{"aud": "another"}"#, .wrongAudience), (#"{"aud": null}"#, .wrongAudience),
        (#"{"aud": []}"#, .wrongAudience), (#"{"aud": 1}"#, .wrongAudience),
        (#"{"aud": ["srun", "another"]}"#, .wrongAudience), (#"{"azp": "another"}"#, .wrongAudience),
        (#"{"aud": ["srun", "another"], "azp": "another"}"#, .wrongAudience),
        (#"{"nonce": "another"}"#, .wrongNonce), (#"{"nonce": null}"#, .wrongNonce),
        (#"{"exp": 1779999940}"#, .wrongTime), (#"{"exp": null}"#, .wrongTime),
        (#"{"exp": "1780000300"}"#, .wrongTime), (#"{"iat": 1780000061}"#, .wrongTime),
        (#"{"iat": null}"#, .wrongTime), (#"{"nbf": 1780000061}"#, .wrongTime), (#"{"nbf": "x"}"#, .wrongTime),
        (#"{"sub": null}"#, .wrongSubject), (#"{"sub": ""}"#, .wrongSubject), (#"{"sub": 7}"#, .wrongSubject),
        (#"{"sub": "a\u0000b"}"#, .wrongSubject), (#"{"sub": "\u00e9"}"#, .wrongSubject),
        ("{\"sub\": \"\(String(repeating: "x", count: 256))\"}", .wrongSubject),
    ]

    @Test(arguments: wrong) func isForOneClientOnceAndNow(_ changes: String, _ refusal: IDToken.Refusal) async throws {
        let signer = try rsa()
        let read = try JSONSerialization.jsonObject(with: Data(changes.utf8))
        let changes = try #require(read as? [String: Any]).mapValues { $0 is NSNull ? nil : $0 }
        let token = try signer.token("RS256", claims: Self.claims(changes))
        #expect(await self.refusal(token, try keys([signer.jwk()])) == refusal)
    }

    @Test func clocksMayDifferByAMinute() async throws {
        let signer = try rsa()
        let keys = try keys([signer.jwk()])
        for changes in [["exp": 1_780_000_000 - 59], ["iat": 1_780_000_000 + 60, "nbf": 1_780_000_000 + 60]] {
            #expect(await refusal(try signer.token("RS256", claims: Self.claims(changes)), keys) == nil)
        }
        let several: [String: Any?] = ["aud": ["another", "srun"], "azp": "srun"]
        #expect(await refusal(try signer.token("RS256", claims: Self.claims(several)), keys) == nil)
    }

    @Test func onlyTheKeyThatIsNamedCounts() async throws {
        let (first, second) = (try rsa(), OpenIDSigner("2", .p256(P256.Signing.PrivateKey())))
        let both = try keys([first.jwk(), second.jwk()])
        let good = try first.token("RS256", claims: Self.claims())
        #expect(await refusal(good, both) == nil)
        // Unknown, although the first key of the set has signed it.
        let unknown = try first.token("RS256", head: ["alg": "RS256", "kid": "3"], claims: Self.claims())
        #expect(await refusal(unknown, both) == .unknownKey)
        let notText = try first.token("RS256", head: ["alg": "RS256", "kid": 1], claims: Self.claims())
        #expect(await refusal(notText, both) == .malformed)
        // Of another kind than the algorithm.
        let swapped = try first.token("RS256", head: ["alg": "RS256", "kid": "2"], claims: Self.claims())
        #expect(await refusal(swapped, both) == .unknownKey)
        // Without a name: only where there is one that it can be.
        let unnamed = try first.token("RS256", head: ["alg": "RS256"], claims: Self.claims())
        #expect(await refusal(unnamed, both) == nil)
        #expect(await refusal(unnamed, try keys([first.jwk(), rsa("9").jwk()])) == .unknownKey)
        #expect(await refusal(good, try keys([first.jwk(), first.jwk()])) == .unknownKey)
        // For another algorithm only.
        #expect(await refusal(good, try keys([first.jwk(["alg": "RS512"])])) == .unknownKey)
        #expect(await refusal(good, try keys([first.jwk(["alg": "RS256"])])) == nil)
    }

    @Test func keysThatMustNotBeUsedAreNot() async throws {
        let (rsa, curve) = (try rsa(), OpenIDSigner("2", .p256(P256.Signing.PrivateKey())))
        for (signer, algorithm) in [(rsa, "RS256"), (curve, "ES256")] {
            let token = try signer.token(algorithm, claims: Self.claims())
            for part in ["d", "p", "k"] {
                #expect(await refusal(token, try keys([signer.jwk([part: "AQAB"])])) == .unknownKey, "private: \(part)")
            }
            #expect(await refusal(token, try keys([signer.jwk(["use": "enc"])])) == .unknownKey)
            #expect(await refusal(token, try keys([signer.jwk(["kty": "oct"])])) == .unknownKey)
        }
        let token = try rsa.token("RS256", claims: Self.claims())
        for wrong in [["n": "AQAB"], ["n": "!"], ["n": ""], ["e": ""], ["n": String(repeating: "A", count: 20_000)]] {
            #expect(await refusal(token, try keys([rsa.jwk(wrong)])) != nil, "\(wrong)")
        }
        let other = try curve.token("ES256", claims: Self.claims())
        for wrong in [["x": ""], ["x": "AQAB"], ["y": "!"], ["crv": "P-384"]] {
            #expect(await refusal(other, try keys([curve.jwk(wrong)])) != nil, "\(wrong)")
        }
    }

    @Test func whatIsNoTokenIsRefused() async throws {
        let signer = try rsa()
        let keys = try keys([signer.jwk()])
        let good = try signer.token("RS256", claims: Self.claims())
        let parts = good.split(separator: ".").map(String.init)
        let critical = try signer.token(
            "RS256", head: ["alg": "RS256", "kid": "1", "crit": ["exp"]], claims: Self.claims())
        let twice = Base64URL.encode(Data(#"{"alg":"none","alg":"RS256","kid":"1"}"#.utf8))
        for text in [
            "", ".", "..", "a.b", good + ".", good + "=", good + "!", "!\(good)", critical,
            "\(twice).\(parts[1]).\(parts[2])", "\(parts[1]).\(parts[1])", String(repeating: good, count: 200),
            "\(parts[0]).bnVsbA.\(parts[2])",
        ] {
            #expect(await refusal(text, keys) == .malformed, "\(text.prefix(80))")
        }
    }
}
