import Foundation
public import SrunKit
public import Testing

/// A store that keeps jobs, and who may come in.
public typealias StoreWithAccess = Store & AccessStore

/// One thing that every ``AccessStore`` does, and a check of it.
public struct AccessRequirement: Sendable, CustomTestStringConvertible {
    public typealias Opening = @Sendable () async throws -> any StoreWithAccess

    public let testDescription: String
    /// Whether what was stored must be there when the store is opened again.
    public let needsDurability: Bool
    private let check: @Sendable (Opening) async throws -> Void

    init(_ name: String, _ check: @escaping @Sendable (any StoreWithAccess) async throws -> Void) {
        testDescription = name
        needsDurability = false
        self.check = { open in
            let store = try await open()
            do {
                try await check(store)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
    }

    init(durable name: String, _ check: @escaping @Sendable (Opening) async throws -> Void) {
        testDescription = name
        needsDurability = true
        self.check = check
    }

    public func verify(_ open: Opening) async throws { try await check(open) }
}

/// What ``AccessStore`` promises, as requirements that are checked one by one.
public enum AccessContract {
    public static let all = users + tokens + sessions + audit + durability
    public static let withoutDurability = all.filter { !$0.needsDurability }

    private static let noon = StoreContract.noon

    private static func user(_ name: String, _ role: Role = .viewer, hash: String? = "scrypt$x") -> AccessUser {
        AccessUser(name: name, role: role, passwordHash: hash, createdAt: noon)
    }

    private static func token(_ id: String, of user: String? = nil, created: Double = 0) -> AccessToken {
        AccessToken(
            id: id, digest: "digest of \(id)", name: "name of \(id)", user: user, role: .operator, prefix: "srun_ab",
            createdAt: noon.addingTimeInterval(created), expiresAt: noon.addingTimeInterval(60))
    }

    private static func session(_ digest: String, of user: String? = nil, used: Double = 0) -> AccessSession {
        AccessSession(
            digest: digest, user: user, grantedBy: user == nil ? "the token" : nil, createdAt: noon,
            lastUsedAt: noon.addingTimeInterval(used))
    }

    private static let users = [
        AccessRequirement("a user is kept as it was, and found by name only") { store in
            let ann = user("ann", .admin)
            try await store.insert(ann)
            try await store.insert(user("bob", hash: nil))
            #expect(try await store.user("ann") == ann)
            #expect(try await store.user("bob")?.passwordHash == nil)
            #expect(try await store.user("Ann") == nil)
            #expect(try await store.users().map(\.name) == ["ann", "bob"])
        },
        AccessRequirement("a name is given once") { store in
            try await store.insert(user("ann"))
            await #expect(throws: StoreContract.error(.alreadyExists)) { try await store.insert(user("ann", .admin)) }
            #expect(try await store.user("ann")?.role == .viewer)
        },
        AccessRequirement("a change changes what it names, of whom it names") { store in
            try await store.insert(user("ann"))
            try await store.insert(user("bob"))
            #expect(try await store.change("ann", .role(.operator)))
            #expect(try await store.change("ann", .passwordHash("scrypt$y")))
            #expect(try await store.change("ann", .disabled(true)))
            #expect(try await store.change("ann", .signedIn(at: noon.addingTimeInterval(1))))
            let ann = try #require(try await store.user("ann"))
            #expect(ann.role == .operator && ann.passwordHash == "scrypt$y" && ann.isDisabled)
            #expect(ann.lastSignInAt == noon.addingTimeInterval(1))
            #expect(try await store.user("bob") == user("bob"))
            #expect(try await !store.change("eve", .role(.admin)))
            #expect(try await store.user("eve") == nil)
        },
        AccessRequirement("an identity is somebody's, and nobody else's") { store in
            let identity = IssuedIdentity(issuer: "https://id.example", subject: "it's 1")
            let other = IssuedIdentity(issuer: "https://other.example", subject: "it's 1")
            var ann = user("ann", hash: nil)
            ann.identity = identity
            try await store.insert(ann)
            try await store.insert(user("bob"))
            #expect(try await store.user("ann") == ann)
            #expect(try await store.user(identity) == ann)
            #expect(try await store.user(other) == nil)
            var eve = user("eve")
            eve.identity = identity
            await #expect(throws: StoreContract.error(.alreadyExists)) { try await store.insert(eve) }
            await #expect(throws: StoreContract.error(.alreadyExists)) {
                _ = try await store.change("bob", .identity(identity))
            }
            #expect(try await store.user("eve") == nil)
            #expect(try await store.user("bob") == user("bob"))
            #expect(try await store.change("ann", .identity(identity)))
            #expect(try await store.change("bob", .identity(other)))
            #expect(try await store.user(other)?.name == "bob")
            // Taken from the one, it can be given to the other.
            #expect(try await store.change("ann", .identity(nil)))
            #expect(try await store.user(identity) == nil)
            #expect(try await store.change("bob", .identity(identity)))
            #expect(try await store.user(identity)?.name == "bob")
            #expect(try await !store.change("nobody", .identity(other)))
            #expect(try await store.users().map(\.identity) == [nil, identity])
        },
        AccessRequirement("what makes a user another one ends their sessions, and nobody else's") { store in
            try await store.insert(user("ann"))
            try await store.insert(user("bob"))
            for change in [
                AccessUserChange.role(.admin), .passwordHash(nil), .disabled(false), .identity(nil),
                .signedIn(at: noon),
            ] {
                try await store.insert(session("a", of: "ann"))
                try await store.insert(session("b", of: "bob"))
                try await store.insert(session("server"))
                #expect(try await store.change("ann", change))
                #expect(try await (store.session("a") == nil) == change.endsSessions)
                #expect(try await store.session("b") != nil)
                #expect(try await store.session("server") != nil)
            }
        },
        AccessRequirement("a user goes with tokens and sessions, and the audit stays") { store in
            try await store.insert(user("ann"))
            try await store.insert(user("bob"))
            try await store.insert(token("1", of: "ann"))
            try await store.insert(token("2", of: "bob"))
            try await store.insert(token("3"))
            try await store.insert(session("a", of: "ann"))
            try await store.append(AuditEvent(time: noon, user: "ann", address: nil, action: "job.stop"))
            #expect(try await store.removeUser("ann"))
            #expect(try await !store.removeUser("ann"))
            #expect(try await store.user("ann") == nil)
            #expect(try await store.tokens().map(\.id) == ["2", "3"])
            #expect(try await store.session("a") == nil)
            #expect(try await store.audit(AuditQuery()).map(\.event.user) == ["ann"])
        },
    ]

    private static let tokens = [
        AccessRequirement("a token is found by its digest, and listed by age") { store in
            let token = token("late", created: 5)
            try await store.insert(token)
            try await store.insert(Self.token("early"))
            #expect(try await store.token(digest: token.digest) == token)
            #expect(try await store.token(digest: token.id) == nil)
            #expect(try await store.tokens().map(\.id) == ["early", "late"])
            await #expect(throws: StoreContract.error(.alreadyExists)) { try await store.insert(token) }
        },
        AccessRequirement("its use is noted, and never an earlier one") { store in
            let token = token("1")
            try await store.insert(token)
            try await store.touchToken("1", at: noon.addingTimeInterval(2))
            try await store.touchToken("1", at: noon.addingTimeInterval(1))
            try await store.touchToken("other", at: noon)
            #expect(try await store.token(digest: token.digest)?.lastUsedAt == noon.addingTimeInterval(2))
        },
        AccessRequirement("a token that was removed is gone") { store in
            let token = token("1")
            try await store.insert(token)
            #expect(try await store.removeToken("1"))
            #expect(try await !store.removeToken("1"))
            #expect(try await store.token(digest: token.digest) == nil)
        },
    ]

    private static let sessions = [
        AccessRequirement("a session is kept as it was until it is removed") { store in
            try await store.insert(session("a"))
            #expect(try await store.session("a") == session("a"))
            try await store.touchSession("a", at: noon.addingTimeInterval(9))
            try await store.touchSession("a", at: noon.addingTimeInterval(8))
            #expect(try await store.session("a") == session("a", used: 9))
            try await store.removeSession("a")
            try await store.removeSession("a")
            #expect(try await store.session("a") == nil)
        },
        AccessRequirement("old sessions go by their use and by their age") { store in
            try await store.insert(session("unused"))
            try await store.insert(session("used", used: 100))
            let limit = noon.addingTimeInterval(50)
            try await store.removeSessions(lastUsedBefore: limit, createdBefore: noon)
            #expect(try await store.session("unused") == nil)
            #expect(try await store.session("used") != nil)
            try await store.removeSessions(lastUsedBefore: limit, createdBefore: limit)
            #expect(try await store.session("used") == nil)
        },
    ]

    /// Even ones are Ann's, the first five make jobs and the others stop them.
    private static func event(_ number: Int) -> AuditEvent {
        let user: String? = number % 2 == 0 ? "ann" : nil
        let action = number < 5 ? "job.create" : "job.stop"
        return AuditEvent(
            time: noon.addingTimeInterval(Double(number)), user: user, address: "127.0.0.1", action: action,
            job: "job \(number)", detail: "it's \"\(number)\"; --", result: number == 9 ? "forbidden" : "ok")
    }

    private static let audit = [
        AccessRequirement("the audit is read from its end, in pages, and by who and what") { store in
            let events = (0..<10).map { event($0) }
            for event in events { try await store.append(event) }
            let all = try await store.audit(AuditQuery())
            #expect(all.map(\.event) == events.reversed())
            let first = try await store.audit(AuditQuery(limit: 4))
            let second = try await store.audit(AuditQuery(limit: 500, before: try #require(first.last).id))
            #expect(first + second == all)
            #expect(try await store.audit(AuditQuery(limit: 0)).count == 1)
            let hers = Array(events.reversed().filter { $0.user != nil })
            #expect(try await store.audit(AuditQuery(user: "ann")).map(\.event) == hers)
            #expect(try await store.audit(AuditQuery(action: "job.stop")).count == 5)
            #expect(try await store.audit(AuditQuery(user: "ann", action: "job.stop")).count == 2)
            #expect(try await store.audit(AuditQuery(user: "' OR 1=1 --")).isEmpty)
        }
    ]

    private static let durability = [
        AccessRequirement(durable: "what was stored is there when the store is opened again") { open in
            let store = try await open()
            try await store.insert(user("ann", .operator))
            try await store.insert(token("1", of: "ann"))
            try await store.insert(session("a", of: "ann"))
            try await store.append(AuditEvent(time: noon, user: "ann", address: nil, action: "job.stop"))
            await store.close()
            let again = try await open()
            #expect(try await again.user("ann") == user("ann", .operator))
            #expect(try await again.tokens() == [token("1", of: "ann")])
            #expect(try await again.session("a") == session("a", of: "ann"))
            #expect(try await again.audit(AuditQuery()).map(\.event.action) == ["job.stop"])
            await again.close()
        }
    ]
}
