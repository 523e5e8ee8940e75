import Foundation
import Synchronization

/// Somebody who has signed in with a browser.
struct Session: Sendable, Hashable {
    let identity: Identity
    let createdAt: Date
    var lastUsedAt: Date

    /// Unused for so long, it ends.
    static let idleLimit: TimeInterval = 12 * 3600
    /// Used or not, it ends.
    static let ageLimit: TimeInterval = 7 * 24 * 3600

    func isValid(at time: Date) -> Bool {
        time < lastUsedAt.addingTimeInterval(Self.idleLimit) && time < createdAt.addingTimeInterval(Self.ageLimit)
    }
}

/// Keeps sessions, by the digest of their identifier. A store in a database would let several servers share them.
protocol SessionStore: Sendable {
    /// Adds a session. A store that is full drops the one that has been unused for longest.
    func insert(_ session: Session, as id: SecretDigest) async

    /// Nil when there is none; an expired one is returned like any other.
    func session(_ id: SecretDigest) async -> Session?

    /// Does nothing when there is no such session.
    func touch(_ id: SecretDigest, at time: Date) async

    /// Does nothing when there is no such session.
    func remove(_ id: SecretDigest) async
}

/// Sessions that end with the server: people sign in again after a restart.
final class MemorySessionStore: SessionStore {
    static let capacity = 1000

    private let sessions = Mutex<[SecretDigest: Session]>([:])

    func insert(_ session: Session, as id: SecretDigest) async {
        sessions.withLock { sessions in
            sessions = sessions.filter { $0.value.isValid(at: session.createdAt) }
            if sessions.count >= Self.capacity,
                let oldest = sessions.min(by: { $0.value.lastUsedAt < $1.value.lastUsedAt })
            {
                sessions.removeValue(forKey: oldest.key)
            }
            sessions[id] = session
        }
    }

    func session(_ id: SecretDigest) async -> Session? {
        sessions.withLock { $0[id] }
    }

    func touch(_ id: SecretDigest, at time: Date) async {
        sessions.withLock { sessions in
            guard let session = sessions[id], session.lastUsedAt < time else { return }
            sessions[id]?.lastUsedAt = time
        }
    }

    func remove(_ id: SecretDigest) async {
        sessions.withLock { _ = $0.removeValue(forKey: id) }
    }
}
