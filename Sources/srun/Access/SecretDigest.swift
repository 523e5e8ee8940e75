import Crypto

/// A secret as the server keeps it: not the text, but its SHA-256.
///
/// A digest is enough to recognize the secret and useless to whoever reads the server's memory or store. Comparing two
/// takes the same time wherever they differ: that is how `Digest` of swift-crypto compares, and `String` does not.
struct SecretDigest: Hashable, Sendable {
    private let digest: SHA256Digest

    init(of secret: some StringProtocol) {
        digest = SHA256.hash(data: Array(secret.utf8))
    }

    /// As the store keeps it.
    var text: String {
        digest.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
    }

    static func == (left: SecretDigest, right: SecretDigest) -> Bool { left.digest == right.digest }

    func hash(into hasher: inout Hasher) { digest.hash(into: &hasher) }
}

/// The server's token, by its digest.
struct Token: Sendable {
    let digest: SecretDigest

    init(_ text: String) {
        digest = SecretDigest(of: text)
    }

    func matches(_ candidate: some StringProtocol) -> Bool {
        SecretDigest(of: candidate) == digest
    }
}

/// Text that cannot be guessed.
enum RandomSecret {
    /// 256 bits from the system's generator, as 64 hexadecimal digits: safe in a header, a cookie and a fragment.
    static func make() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<4).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// 256 bits with the beginning by which people and scanners know a token of srun.
    static func makeToken() -> String {
        let digits = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
        var generator = SystemRandomNumberGenerator()
        // 43 digits of base 62 hold 256 bits.
        return "srun_" + String((0..<43).compactMap { _ in digits.randomElement(using: &generator) })
    }
}
