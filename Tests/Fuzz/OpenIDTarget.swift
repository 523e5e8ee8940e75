import Crypto
import Foundation
import Synchronization

/// ``IDToken``, ``SigningKeys``, ``OpenIDMetadata`` and ``BegunSignIn``: what an issuer sends, and what a browser brings back.
///
/// Tokens are signed here, so that what they claim is looked at; what is believed is compared with what another reader of JSON finds.
enum OpenIDTarget: FuzzTarget {
    static let name = "openid"

    private static let issuer = "https://id.example/"
    private static let noon = Date(timeIntervalSince1970: 1_780_000_000)
    private static let signer = Curve25519.Signing.PrivateKey()
    private static let expectation = IDToken.Expectation(
        issuer: issuer, clientID: "srun", nonce: "the nonce", now: noon)
    private static let keys = SigningKeys(
        .object([
            JSONValue.Member(
                key: "keys",
                value: .array([
                    .object([
                        JSONValue.Member(key: "kty", value: .string("OKP")),
                        JSONValue.Member(key: "crv", value: .string("Ed25519")),
                        JSONValue.Member(key: "kid", value: .string("1")),
                        JSONValue.Member(
                            key: "x", value: .string(Base64URL.encode(signer.publicKey.rawRepresentation))),
                    ])
                ]))
        ]))

    static let seeds: [[UInt8]] = [
        [0] + token(#"{"alg":"EdDSA","kid":"1"}"#, claims(#","preferred_username":"ann","email":"a@b.example""#)),
        [0] + token(#"{"alg":"EdDSA"}"#, claims(#","azp":"srun","nbf":1779999999,"email_verified":true"#)),
        [0] + token(#"{"alg":"none"}"#, claims("")),
        [0] + token(#"{"alg":"EdDSA","kid":"1","crit":["b64"],"b64":false}"#, claims("")),
        [0]
            + token(
                #"{"alg":"EdDSA"}"#,
                #"{"iss":"https://id.example/","sub":"x","aud":["srun","b"],"nonce":"the nonce","iat":1.78e9,"exp":1e99}"#
            ),
        [1] + Array("eyJhbGciOiJFZERTQSJ9.e30.AA".utf8),
        [2]
            + Array(
                #"{"keys":[{"kty":"RSA","n":"sXch","e":"AQAB","kid":"a","use":"sig"},{"kty":"EC","crv":"P-256","x":"AQ","y":"Ag"}]}"#
                    .utf8),
        [2] + Array(#"{"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"OKP","crv":"Ed25519","x":"AA","d":"AA"}]}"#.utf8),
        [3]
            + Array(
                (#"{"issuer":"https://id.example/","authorization_endpoint":"https://id.example/a","#
                    + #""token_endpoint":"http://127.0.0.1:5/t","jwks_uri":"https://id.example/k?x=1","#
                    + #""token_endpoint_auth_methods_supported":["client_secret_post"]}"#).utf8),
        [4] + Array("1779999990.\(String(repeating: "0a", count: 32))".utf8),
        [4] + Array("+1780000001.\(String(repeating: "f", count: 64))".utf8),
    ]

    private static func token(_ head: String, _ claims: String) -> [UInt8] { [0] + Array("\(head)\n\(claims)".utf8) }

    private static func claims(_ more: String) -> String {
        #"{"iss":"https://id.example/","sub":"ann|1","aud":"srun","nonce":"the nonce","iat":1780000000,"exp":1780000300"#
            + more + "}"
    }

    static func run(_ input: inout FuzzInput) {
        switch input.next() % 5 {
        case 0: checkSigned(&input)
        case 1: checkForeign(input.rest().text)
        case 2: checkKeys(input.rest())
        case 3: checkMetadata(input.rest())
        default: checkCookie(input.rest().text)
        }
    }

    /// Whether a token that is as it must be is believed: otherwise nothing is looked at here.
    private static let isSound: Bool = {
        let signed =
            "\(Base64URL.encode(Array(#"{"alg":"EdDSA","kid":"1"}"#.utf8))).\(Base64URL.encode(Array(claims("").utf8)))"
        guard let signature = try? signer.signature(for: Array(signed.utf8)) else { return false }
        return believed("\(signed).\(Base64URL.encode(signature))")?.identity.subject == "ann|1"
    }()

    /// What this made up and the issuer's key signed, or all but one bit of it.
    private static func checkSigned(_ input: inout FuzzInput) {
        expect(isSound, "a good token is refused")
        let flipped = input.next()
        let head = input.line()
        let claims = input.rest()
        let signed = "\(Base64URL.encode(head)).\(Base64URL.encode(claims))"
        guard var signature = try? Array(signer.signature(for: Array(signed.utf8))) else {
            return expect(false, "nothing can be signed")
        }
        if flipped != 0 { signature[Int(flipped) % signature.count] ^= 1 << (flipped % 8) }
        guard let believed = believed("\(signed).\(Base64URL.encode(signature))") else { return }
        expect(flipped == 0, "a signature with another bit is good")
        guard let head = object(head), let claims = object(claims) else {
            return expect(false, "another parser refuses what is believed")
        }
        expect(head["alg"] as? String == "EdDSA" && head["crit"] == nil, "another algorithm is believed")
        expect(head["kid"] == nil || head["kid"] as? String == "1", "a key of another name is believed")
        expect(
            claims["iss"] as? String == issuer && claims["nonce"] as? String == "the nonce",
            "it is not for this sign-in")
        let audience = claims["aud"] as? [Any] ?? [claims["aud"] as Any]
        expect(audience.contains { $0 as? String == "srun" }, "it is for somebody else")
        expect(audience.count == 1 || claims["azp"] as? String == "srun", "others have it too, and did not ask for us")
        let now = noon.timeIntervalSince1970
        expect((claims["exp"] as? Double ?? 0) > now - 60, "it is over")
        expect((claims["iat"] as? Double ?? .infinity) <= now + 60, "it is from the future")
        expect(claims["nbf"].map { ($0 as? Double ?? .infinity) <= now + 60 } ?? true, "it is not good yet")
        expect(
            claims["sub"] as? String == believed.identity.subject && believed.identity.issuer == issuer,
            "it is another one")
        expect((1...255).contains(believed.identity.subject.utf8.count), "a name has another length")
        let isVerified = claims["email_verified"] as? Bool == true || claims["email_verified"] as? String == "true"
        let email = claims["email"] as? String
        expect(
            isVerified || email == nil || !believed.names.contains { $0 == email }
                || claims["preferred_username"] as? String == email, "an address counts that nobody has verified")
    }

    /// What nobody signed.
    private static func checkForeign(_ text: String) {
        expect(believed(text) == nil, "a token is believed that nobody signed")
    }

    private static func believed(_ text: String) -> IssuedClaims? {
        guard let keys, let token = try? IDToken(text) else { return nil }
        let done = DispatchSemaphore(value: 0)
        let box = Box()
        Task {
            box.set(try? await token.verify(keys, expectation))
            done.signal()
        }
        done.wait()
        return box.value
    }

    private static func checkKeys(_ bytes: [UInt8]) {
        guard let json = try? StrictJSON.parse(bytes), let keys = SigningKeys(json) else { return }
        guard case .array(let list) = json["keys"] else { return expect(false, "what is no list is one") }
        let names = Set(list.map { $0["kid"]?.text } + [nil, "a"])
        for algorithm in SigningKeys.Algorithm.allCases {
            for name in names where keys.key(name, for: algorithm) != nil {
                let able = list.filter { key in
                    key["kty"] == .string(algorithm.shape.type) && (name == nil || key["kid"]?.text == name)
                        && (key["alg"] ?? .string(algorithm.rawValue)) == .string(algorithm.rawValue)
                        && key["d"] == nil && key["k"] == nil && (key["use"] ?? .string("sig")) == .string("sig")
                }
                expect(!able.isEmpty, "a key counts for \(algorithm.rawValue) that cannot")
            }
        }
    }

    private static func checkMetadata(_ bytes: [UInt8]) {
        guard let json = try? StrictJSON.parse(bytes), let found = OpenIDMetadata(json, issuer: issuer) else { return }
        expect(json["issuer"] == .string(issuer), "it describes another one")
        for url in [found.authorizationEndpoint, found.tokenEndpoint, found.keysURL] {
            let text = url.lowercased()
            expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } && !text.contains("#"), "an address is not plain")
            expect(text.hasPrefix("https://") || text.hasPrefix("http://"), "an address is not of the web")
            let host = text.drop { $0 != "/" }.dropFirst(2).prefix { !"/?".contains($0) }
            expect(!host.contains("@"), "a name and a password are in an address")
            expect(
                text.hasPrefix("https://") || isHere(host),
                "others can read along at \(host)")
        }
    }

    /// This machine, with or without a port.
    private static func isHere(_ host: Substring) -> Bool {
        if host.hasPrefix("[::1]") { return true }
        let name = host.prefix { $0 != ":" }
        return name == "localhost" || (name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." })
    }

    private static func checkCookie(_ text: String) {
        guard let begun = BegunSignIn(cookie: text, now: noon) else { return }
        expect(begun.cookie == text, "it is another cookie when it is written again")
        expect(Set([begun.state, begun.nonce, begun.verifier, begun.challenge]).count == 4, "two secrets are one")
        expect(![begun.state, begun.nonce, begun.verifier].contains { text.contains($0) }, "a secret is in the cookie")
        let number = text.prefix { $0 != "." }
        expect(Int64(number).map { (1_779_999_400...1_780_000_060).contains($0) } ?? false, "it began at another time")
    }

    private static func object(_ bytes: [UInt8]) -> [String: Any]? {
        (try? JSONSerialization.jsonObject(with: Data(bytes))) as? [String: Any]
    }
}

/// What another task found.
private final class Box: Sendable {
    private let result = Mutex<IssuedClaims?>(nil)

    func set(_ claims: IssuedClaims?) { result.withLock { $0 = claims } }
    var value: IssuedClaims? { result.withLock { $0 } }
}
