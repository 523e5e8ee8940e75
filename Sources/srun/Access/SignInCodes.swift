import Foundation
import Synchronization

/// Codes of sign-in links: each lets one person in, once, within ten minutes.
///
/// Only a few can be outstanding. When one more is made the oldest is forgotten, so asking for links cannot fill
/// memory.
final class SignInCodes: Sendable {
    static let lifetime: TimeInterval = 600
    static let capacity = 100

    private struct Code {
        let digest: SecretDigest
        let expiresAt: Date
    }

    private let codes = Mutex<[Code]>([])
    private let now: @Sendable () -> Date

    init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    func make() -> String {
        let text = RandomSecret.make()
        let code = Code(digest: SecretDigest(of: text), expiresAt: now().addingTimeInterval(Self.lifetime))
        codes.withLock { codes in
            codes.removeAll { $0.expiresAt <= now() }
            if codes.count >= Self.capacity { codes.removeFirst() }
            codes.append(code)
        }
        return text
    }

    /// Uses the code up.
    ///
    /// - Returns: Whether it was good. Every outstanding code is compared, whichever matches, so the time tells
    ///   nothing.
    func redeem(_ text: String) -> Bool {
        let digest = SecretDigest(of: text)
        return codes.withLock { codes in
            codes.removeAll { $0.expiresAt <= now() }
            let before = codes.count
            codes.removeAll { $0.digest == digest }
            return codes.count < before
        }
    }
}
