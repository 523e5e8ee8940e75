import Foundation
import Synchronization

/// Sign-ins that have come back once already, and how many are being looked at. A code is good once at the issuer, whichever node
/// it is brought to; this refuses the second attempt before the issuer is asked.
final class UsedSignIns: Sendable {
    static let capacity = 10_000
    static let atOnce = 16

    private struct State {
        var ends: [SecretDigest: Date] = [:]
        var running = 0
    }

    private let state = Mutex(State())

    /// - Returns: Whether this is the first time.
    func use(_ signIn: BegunSignIn, at time: Date) -> Bool {
        let digest = signIn.digest
        return state.withLock { state in
            guard state.ends[digest] == nil else { return false }
            if state.ends.count >= Self.capacity {
                state.ends = state.ends.filter { $0.value > time }
                if state.ends.count >= Self.capacity {
                    let oldest = state.ends.sorted { $0.value < $1.value }.prefix(Self.capacity / 10)
                    for (digest, _) in oldest { state.ends[digest] = nil }
                }
            }
            state.ends[digest] = time.addingTimeInterval(BegunSignIn.lifetime + 60)
            return true
        }
    }

    /// Takes one of the few places for talking to the issuer; give it back with ``leave()``.
    func enter() -> Bool {
        state.withLock { state in
            guard state.running < Self.atOnce else { return false }
            state.running += 1
            return true
        }
    }

    func leave() { state.withLock { $0.running -= 1 } }
}
