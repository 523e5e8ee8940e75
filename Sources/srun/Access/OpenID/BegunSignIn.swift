import Crypto
import Foundation

/// A sign-in on its way between srun and an issuer, as the browser's cookie holds it: when it began, and one secret.
///
/// All that goes elsewhere is derived from the two, and none of it tells the secret or another. So the server keeps nothing for those
/// who begin, however many they are, and in a team the way back may lead to any node. A browser that changes the time has another
/// `state` and another verifier, with which no code can be had.
struct BegunSignIn: Hashable, Sendable {
    static let lifetime: TimeInterval = 600

    private let secret: String
    private let beganAt: Int64

    init(at time: Date) {
        secret = RandomSecret.make()
        beganAt = Int64(time.timeIntervalSince1970)
    }

    /// Nil for what this did not make, or longer ago than ``lifetime``.
    init?(cookie: String, now: Date) {
        let parts = cookie.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let began = Int64(parts[0]), String(began) == parts[0], parts[1].utf8.count == 64,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
        else { return nil }
        let age = now.timeIntervalSince1970 - TimeInterval(began)
        // Another node's clock may be a little ahead.
        guard (-60...Self.lifetime).contains(age) else { return nil }
        secret = String(parts[1])
        beganAt = began
    }

    var cookie: String { "\(beganAt).\(secret)" }

    /// What the issuer hands back, so that the way back is known to be of this sign-in.
    var state: String { derived("state") }
    /// What the token must repeat.
    var nonce: String { derived("nonce") }
    /// Proves to the issuer that whoever brings the code is whoever asked for it (RFC 7636).
    var verifier: String { derived("verifier") }
    var challenge: String { Base64URL.encode(SHA256.hash(data: Array(verifier.utf8))) }

    /// By which it is remembered once it was used.
    var digest: SecretDigest { SecretDigest(of: cookie) }

    private func derived(_ purpose: String) -> String {
        Base64URL.encode(
            HMAC<SHA256>.authenticationCode(
                for: Array("\(purpose) \(beganAt)".utf8), using: SymmetricKey(data: Array(secret.utf8))))
    }
}
