import Crypto
import CryptoExtras
import Foundation

/// A password as the server keeps it: `scrypt$17$8$1$SALT$HASH`, with the cost it was made with, so that the cost can grow.
struct PasswordHash: Hashable, Sendable {
    /// What a guess costs: 2^`logarithm` blocks of 128 * `blockSize` bytes, all of which must be kept (RFC 7914).
    struct Cost: Hashable, Sendable {
        let logarithm: Int
        let blockSize: Int
        let parallelism: Int

        /// 128 MiB and about a third of a second.
        static let standard = Cost(logarithm: 17, blockSize: 8, parallelism: 1)

        /// What is found in a store must not make the server use any amount of memory.
        fileprivate var isBearable: Bool {
            (10...20).contains(logarithm) && (1...16).contains(blockSize) && (1...4).contains(parallelism)
        }
    }

    /// A shorter one is guessed, a longer one only keeps the server busy.
    static let passwordBytes = 8...1024

    private static let saltBytes = 16
    private static let hashBytes = 32

    let cost: Cost
    private let salt: [UInt8]
    private let hash: [UInt8]

    /// Hashes a password with a salt of its own.
    init(_ password: String, cost: Cost) throws {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<Self.saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        self.cost = cost
        self.salt = salt
        hash = try Self.derive(password, salt, cost)
    }

    /// A hash that no password has, at the usual cost: for users that do not exist.
    init(ofNobody cost: Cost) {
        self.cost = cost
        salt = Array(repeating: 0, count: Self.saltBytes)
        hash = Array(repeating: 0, count: Self.hashBytes)
    }

    /// Nil for a text of another form, or one that asks for more than ``Cost/isBearable``.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 6, parts[0] == "scrypt", let logarithm = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Data(base64Encoded: parts[4]),
            let hash = Data(base64Encoded: parts[5]), hash.count == Self.hashBytes
        else { return nil }
        cost = Cost(logarithm: logarithm, blockSize: blockSize, parallelism: parallelism)
        guard cost.isBearable else { return nil }
        self.salt = Array(salt)
        self.hash = Array(hash)
    }

    var text: String {
        "scrypt$\(cost.logarithm)$\(cost.blockSize)$\(cost.parallelism)$\(Data(salt).base64EncodedString())"
            + "$\(Data(hash).base64EncodedString())"
    }

    /// Takes as long as it takes to make one, whether it matches or not.
    func matches(_ password: String) -> Bool {
        guard let candidate = try? Self.derive(password, salt, cost) else { return false }
        // Digests compare in constant time, arrays do not.
        return SHA256.hash(data: candidate) == SHA256.hash(data: hash)
    }

    private static func derive(_ password: String, _ salt: [UInt8], _ cost: Cost) throws -> [UInt8] {
        let key = try KDF.Scrypt.deriveKey(
            from: Array(password.utf8), salt: salt, outputByteCount: hashBytes, rounds: 1 << cost.logarithm,
            blockSize: cost.blockSize, parallelism: cost.parallelism)
        return key.withUnsafeBytes { Array($0) }
    }
}
