import Dispatch
import Synchronization

/// Hashes passwords, few at a time: each takes 128 MiB, and whoever floods the sign-in must not get the machine.
final class PasswordHasher: Sendable {
    static let atOnce = 2
    static let mayWait = 16

    /// So many wait already.
    struct Busy: Error {}

    private struct State {
        var running = 0
        var waiting: [CheckedContinuation<Bool, Never>] = []
    }

    private let cost: PasswordHash.Cost
    private let state = Mutex(State())

    init(cost: PasswordHash.Cost = .standard) {
        self.cost = cost
    }

    func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await perform { try PasswordHash(password, cost: cost).text }
    }

    enum Verdict: Sendable {
        case wrong
        case right
        /// Right, and made at another cost than today's: it should be made anew.
        case rightButOld
    }

    /// Compares a password with a stored hash; nil is somebody who does not exist, and takes as long.
    func verify(_ password: String, _ stored: String?) async throws -> Verdict {
        let cost = cost
        return try await perform {
            guard let hash = stored.flatMap(PasswordHash.init(_:)) else {
                _ = PasswordHash(ofNobody: cost).matches(password)
                return .wrong
            }
            guard hash.matches(password) else { return .wrong }
            return hash.cost == cost ? .right : .rightButOld
        }
    }

    private func perform<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await enter()
        defer { leave() }
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            // A thread that may be busy for a while, unlike those of the cooperative pool.
            DispatchQueue.global(qos: .utility).async { continuation.resume(returning: Result { try body() }) }
        }
        return try result.get()
    }

    private func enter() async throws(Busy) {
        let mayGoOn: Bool = await withCheckedContinuation { continuation in
            let answer: Bool? = state.withLock { state in
                if state.running < Self.atOnce {
                    state.running += 1
                    return true
                }
                guard state.waiting.count < Self.mayWait else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
        guard mayGoOn else { throw Busy() }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiting.isEmpty else {
                state.running -= 1
                return nil
            }
            // The place goes from the one to the other.
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }
}
