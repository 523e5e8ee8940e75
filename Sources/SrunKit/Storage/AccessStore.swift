public import Foundation

/// A store that also keeps who may come in, and what they did. Not every store is one; whoever needs it asks with `as?`, once.
///
/// Of secrets it keeps digests only. Everything that ``JobStore`` says about atomicity, concurrency and times holds here too,
/// and what has been taken away from somebody is taken away for every server that shares the store.
public protocol AccessStore: Sendable {
    // MARK: Users

    /// - Throws: ``StoreError/Code/alreadyExists`` when the name or the identity is taken.
    func insert(_ user: AccessUser) async throws(StoreError)

    func user(_ name: String) async throws(StoreError) -> AccessUser?

    func user(_ identity: IssuedIdentity) async throws(StoreError) -> AccessUser?

    /// Everybody, by name.
    func users() async throws(StoreError) -> [AccessUser]

    /// - Returns: Whether there is such a user.
    /// - Throws: ``StoreError/Code/alreadyExists`` for an identity that somebody else has.
    func change(_ user: String, _ change: AccessUserChange) async throws(StoreError) -> Bool

    /// Removes a user with their tokens and sessions. What the audit says of them stays.
    ///
    /// - Returns: Whether there was such a user.
    func removeUser(_ name: String) async throws(StoreError) -> Bool

    // MARK: Tokens

    /// - Throws: ``StoreError/Code/alreadyExists`` when the identifier or the digest is taken.
    func insert(_ token: AccessToken) async throws(StoreError)

    func token(digest: String) async throws(StoreError) -> AccessToken?

    /// All of them, oldest first.
    func tokens() async throws(StoreError) -> [AccessToken]

    /// Notes that a token was used. A time before the one noted changes nothing.
    func touchToken(_ id: String, at time: Date) async throws(StoreError)

    /// - Returns: Whether there was such a token.
    func removeToken(_ id: String) async throws(StoreError) -> Bool

    // MARK: Sessions

    func insert(_ session: AccessSession) async throws(StoreError)

    /// An expired session is returned like any other.
    func session(_ digest: String) async throws(StoreError) -> AccessSession?

    /// Notes that a session was used. A time before the one noted changes nothing.
    func touchSession(_ digest: String, at time: Date) async throws(StoreError)

    /// Does nothing when there is no such session.
    func removeSession(_ digest: String) async throws(StoreError)

    /// Removes sessions that were last used or begun before the given times.
    func removeSessions(lastUsedBefore idle: Date, createdBefore old: Date) async throws(StoreError)

    // MARK: Audit

    /// Adds an entry. There is no way to change or to remove one.
    func append(_ event: AuditEvent) async throws(StoreError)

    /// Entries, newest first. A limit outside 1...``AuditQuery/maximumLimit`` is brought inside.
    func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry]
}
