import Foundation
import SrunKit
import StoreMemory
import Synchronization
import Testing

@testable import srun

/// Time that passes when a test says so.
private final class TestTime: Sendable {
    private let time = Mutex(Date(timeIntervalSince1970: 1_800_000_000))

    var now: Date { time.withLock { $0 } }
    func advance(by seconds: TimeInterval) { time.withLock { $0 += seconds } }
}

@Suite("Access") struct AccessTests {
    /// Quick to compute; the usual cost is for real passwords.
    private static let cost = PasswordHash.Cost(logarithm: 10, blockSize: 8, parallelism: 1)

    private let time = TestTime()
    private let store = MemoryStore()
    private let access: Access

    init() {
        access = Self.access(store, time)
    }

    private static func access(
        _ store: MemoryStore, _ time: TestTime, token: String = "correct", newcomerRole: Role? = nil
    ) -> Access {
        let options = Access.Options(limitsToOwnJobs: false, newcomerRole: newcomerRole, passwordCost: cost)
        return Access(.token(Token(token)), store: store, options: options, now: { [time] in time.now })
    }

    private func session(_ result: Access.SignIn) throws -> String {
        guard case .admitted(_, let session) = result else { throw RawConnectionEnded() }
        return session
    }

    private func signIn() async throws -> String {
        try session(await access.signIn(.token("correct")))
    }

    private func add(_ name: String, _ role: Role = .operator, password: String? = "correct horse") async throws {
        let hash = try password.map { try PasswordHash($0, cost: Self.cost).text }
        try await store.insert(AccessUser(name: name, role: role, passwordHash: hash, createdAt: time.now))
    }

    private func password(_ name: String, _ password: String = "correct horse") throws -> Access.Credential {
        .password(user: try #require(UserName(name)), password)
    }

    @Test func admitsTheTokenAndNothingElse() async throws {
        #expect(try await access.admit(bearer: "correct", session: nil)?.identity == .administrator)
        for wrong in ["", "Correct", "correct ", "correctt", "c"] {
            #expect(try await access.admit(bearer: wrong, session: nil) == nil)
        }
        #expect(try await access.admit(bearer: nil, session: nil) == nil)
    }

    @Test func refusesAWrongTokenBesideAGoodSession() async throws {
        let session = try await signIn()
        #expect(try await access.admit(bearer: nil, session: session) != nil)
        #expect(try await access.admit(bearer: "wrong", session: session) == nil)
    }

    @Test func endsAnUnusedSession() async throws {
        let session = try await signIn()
        time.advance(by: SessionLimits.idle - 1)
        #expect(try await access.admit(bearer: nil, session: session) != nil)
        time.advance(by: SessionLimits.idle - 1)
        #expect(try await access.admit(bearer: nil, session: session) != nil)
        time.advance(by: SessionLimits.idle)
        #expect(try await access.admit(bearer: nil, session: session) == nil)
    }

    @Test func endsAnOldSessionHoweverMuchItIsUsed() async throws {
        let session = try await signIn()
        for _ in 0..<27 {
            time.advance(by: 6 * 3600)
            #expect(try await access.admit(bearer: nil, session: session) != nil)
        }
        time.advance(by: 6 * 3600)
        #expect(try await access.admit(bearer: nil, session: session) == nil)
    }

    @Test func endsASessionThatIsSignedOut() async throws {
        let session = try await signIn()
        let admission = try #require(try await access.admit(bearer: nil, session: session))
        #expect(await access.isValid(admission))
        try await access.signOut(admission)
        #expect(await !access.isValid(admission))
        #expect(try await access.admit(bearer: nil, session: session) == nil)
    }

    @Test func keepsWatchingWithoutUsingASession() async throws {
        let session = try await signIn()
        let admission = try #require(try await access.admit(bearer: nil, session: session))
        time.advance(by: SessionLimits.idle - 1)
        #expect(await access.isValid(admission))
        time.advance(by: 1)
        #expect(await !access.isValid(admission))
    }

    @Test func keepsSessionsOverARestartAndNotOverAnotherToken() async throws {
        let session = try await signIn()
        #expect(try await Self.access(store, time).admit(bearer: nil, session: session)?.identity == .administrator)
        #expect(try await Self.access(store, time, token: "other").admit(bearer: nil, session: session) == nil)
    }

    @Test func takesACodeOnce() async throws {
        let code = access.makeSignInCode()
        _ = try session(await access.signIn(.code(code)))
        guard case .refused = try await access.signIn(.code(code)) else { return #expect(Bool(false)) }
    }

    @Test func takesACodeForTenMinutes() async throws {
        let late = access.makeSignInCode()
        time.advance(by: 599)
        let fresh = access.makeSignInCode()
        time.advance(by: 1)
        guard case .refused = try await access.signIn(.code(late)) else { return #expect(Bool(false)) }
        _ = try session(await access.signIn(.code(fresh)))
    }

    @Test func forgetsTheOldestOfTooManyCodes() async throws {
        let codes = (0...SignInCodes.capacity).map { _ in access.makeSignInCode() }
        guard case .refused = try await access.signIn(.code(codes[0])) else { return #expect(Bool(false)) }
        _ = try session(await access.signIn(.code(codes[1])))
    }

    @Test func letsUsersInByTheirPassword() async throws {
        try await add("ann", .viewer)
        let session = try session(await access.signIn(password("Ann")))
        let identity = try #require(try await access.admit(bearer: nil, session: session)).identity
        #expect(identity.name == "ann" && identity.rights == [.view])
        #expect(try await store.user("ann")?.lastSignInAt == time.now)
        for (name, word) in [("ann", "correct horsE"), ("eve", "correct horse"), ("ann", "")] {
            guard case .refused = try await access.signIn(password(name, word)) else { return #expect(Bool(false)) }
        }
    }

    @Test func letsNobodyInWithoutAPasswordOrWhoIsDisabled() async throws {
        try await add("sso", password: nil)
        try await add("gone")
        _ = try await store.change("gone", .disabled(true))
        for name in ["sso", "gone"] {
            guard case .refused = try await access.signIn(password(name)) else { return #expect(Bool(false)) }
        }
    }

    @Test(arguments: [AccessUserChange.role(.admin), .role(.viewer), .disabled(true), .passwordHash("scrypt$x")])
    func endsWhatAUserHasOpenWhenTheyChange(_ change: AccessUserChange) async throws {
        try await add("ann")
        let session = try session(await access.signIn(password("ann")))
        let admission = try #require(try await access.admit(bearer: nil, session: session))
        _ = try await store.change("ann", change)
        #expect(try await access.admit(bearer: nil, session: session) == nil)
        #expect(await !access.isValid(admission))
    }

    @Test func admitsTokensAsFarAsTheirUsersMayGo() async throws {
        try await add("ann", .operator)
        try await insert("a", of: "ann", .operator)
        let admission = try #require(try await access.admit(bearer: "a", session: nil))
        #expect(admission.identity.name == "ann" && admission.identity.role == .operator)
        _ = try await store.change("ann", .role(.viewer))
        #expect(try await access.admit(bearer: "a", session: nil)?.identity.role == .viewer)
        // What was opened with more rights must not go on with them.
        #expect(await !access.isValid(admission))
        _ = try await store.change("ann", .disabled(true))
        #expect(try await access.admit(bearer: "a", session: nil) == nil)
    }

    @Test func endsTokensAtTheirTimeAndWhenTheyAreRevoked() async throws {
        try await insert("ci", of: nil, .viewer, life: 60)
        let admission = try #require(try await access.admit(bearer: "ci", session: nil))
        #expect(admission.identity.name == "token:ci" && admission.identity.rights == [.view])
        #expect(try await store.tokens().first?.lastUsedAt == time.now)
        time.advance(by: 60)
        #expect(try await access.admit(bearer: "ci", session: nil) == nil)
        try await insert("cd", of: nil, .viewer)
        let other = try #require(try await access.admit(bearer: "cd", session: nil))
        _ = try await store.removeToken("cd")
        #expect(try await access.admit(bearer: "cd", session: nil) == nil)
        #expect(await !access.isValid(other))
    }

    @Test func opensNoSessionWithATokenThatIsNobodysOrLess() async throws {
        try await add("ann", .operator)
        try await insert("nobodys", of: nil, .admin)
        try await insert("less", of: "ann", .viewer)
        try await insert("whole", of: "ann", .operator)
        for secret in ["nobodys", "less"] {
            guard case .refused = try await access.signIn(.token(secret)) else { return #expect(Bool(false)) }
        }
        let session = try session(await access.signIn(.token("whole")))
        #expect(try await access.admit(bearer: nil, session: session)?.identity.name == "ann")
    }

    private func insert(_ secret: String, of user: String?, _ role: Role, life: TimeInterval? = nil) async throws {
        try await store.insert(
            AccessToken(
                id: secret, digest: SecretDigest(of: secret).text, name: secret, user: user, role: role,
                prefix: "srun_", createdAt: time.now, expiresAt: life.map { time.now.addingTimeInterval($0) }))
    }

    @Test func letsNewcomersInOnlyWhereThatIsWanted() async throws {
        #expect(try await access.admit(bearer: nil, session: nil, vouched: "new@example.com") == nil)
        let open = Self.access(store, time, newcomerRole: .viewer)
        let admission = try await open.admit(bearer: nil, session: nil, vouched: "New@example.com")
        #expect(admission?.identity.name == "new@example.com" && admission?.proof == .vouched)
        #expect(try await store.user("new@example.com")?.role == .viewer)
        for name in ["admin", "anonymous", "", "a b", "a\u{0}", "\u{430}nn", "-x"] {
            #expect(try await open.admit(bearer: nil, session: nil, vouched: name) == nil)
        }
    }

    @Test func makesAnAccountAndAnAddressWait() async throws {
        try await add("ann")
        try await add("bob")
        for number in 0..<LoginThrottle.freeFailures {
            guard case .refused = try await access.signIn(password("ann", "wrong"), from: "10.0.0.\(number)") else {
                return #expect(Bool(false))
            }
        }
        guard case .tooManyFailures(let seconds) = try await access.signIn(password("ann"), from: "10.1.1.1") else {
            return #expect(Bool(false))
        }
        #expect((1...60).contains(seconds))
        // Others are not kept out by it.
        _ = try session(await access.signIn(password("bob"), from: "10.1.1.1"))
        time.advance(by: 60)
        guard case .refused = try await access.signIn(password("ann", "wrong"), from: "10.1.1.1") else {
            return #expect(Bool(false))
        }
        time.advance(by: 60)
        guard case .tooManyFailures = try await access.signIn(password("ann"), from: "10.1.1.1") else {
            return #expect(Bool(false))
        }
        time.advance(by: 60)
        _ = try session(await access.signIn(password("ann"), from: "10.1.1.1"))
        for _ in 0..<LoginThrottle.freeFailures {
            _ = try await access.signIn(.token("wrong"), from: "10.2.2.2")
        }
        guard case .tooManyFailures = try await access.signIn(.token("correct"), from: "10.2.2.2") else {
            return #expect(Bool(false))
        }
        _ = try session(await access.signIn(.token("correct"), from: "10.3.3.3"))
    }

    @Test func remembersABoundedNumberOfGuessers() {
        let throttle = LoginThrottle(now: { [time] in time.now })
        for number in 0...LoginThrottle.capacity {
            for _ in 0..<LoginThrottle.freeFailures { throttle.countFailure(["\(number)"]) }
            time.advance(by: 0.001)
        }
        #expect(throttle.delay(["0"]) == nil)
        #expect(throttle.delay(["\(LoginThrottle.capacity)"]) != nil)
    }

    @Test func letsEverybodyInWhenToldTo() async throws {
        let open = Access(.none, store: MemoryStore())
        #expect(
            try await open.admit(bearer: nil, session: nil)
                == Access.Admission(identity: .anonymous, proof: .nothing))
    }

    @Test func makesSecretsThatDiffer() {
        let secrets = Set((0..<1000).map { _ in RandomSecret.make() })
        #expect(secrets.count == 1000)
        #expect(secrets.allSatisfy { $0.count == 64 })
        #expect(RandomSecret.makeToken().count == 48)
    }
}

@Suite("Passwords") struct PasswordTests {
    private static let cost = PasswordHash.Cost(logarithm: 10, blockSize: 8, parallelism: 1)

    @Test func knowsAPasswordByItsHash() throws {
        let hash = try PasswordHash("correct horse", cost: Self.cost)
        #expect(hash.text.hasPrefix("scrypt$10$8$1$"))
        let stored = try #require(PasswordHash(hash.text))
        #expect(stored.matches("correct horse"))
        #expect(!stored.matches("correct horse ") && !stored.matches(""))
        #expect(try PasswordHash("correct horse", cost: Self.cost).text != hash.text, "every hash has its own salt")
    }

    @Test func agreesWithRFC7914() throws {
        // §12, the third vector, cut to 32 bytes: scrypt's output is a prefix of a longer one.
        let salt = Data("SodiumChloride".utf8).base64EncodedString()
        let hash = Data([
            0x70, 0x23, 0xbd, 0xcb, 0x3a, 0xfd, 0x73, 0x48, 0x46, 0x1c, 0x06, 0xcd, 0x81, 0xfd, 0x38, 0xeb, 0xfd, 0xa8,
            0xfb, 0xba, 0x90, 0x4f, 0x8e, 0x3e, 0xa9, 0xb5, 0x43, 0xf6, 0x54, 0x5d, 0xa1, 0xf2,
        ]).base64EncodedString()
        let stored = try #require(PasswordHash("scrypt$14$8$1$\(salt)$\(hash)"))
        #expect(stored.matches("pleaseletmein"))
    }

    @Test(arguments: [
        "", "scrypt", "scrypt$10$8$1$AAAA$AAAA", "bcrypt$10$8$1$AAAA$AAAA", "scrypt$30$8$1$AAAA$",
        "scrypt$17$1000$1$AAAA$AAAA", "scrypt$-1$8$1$$",
    ])
    func refusesAHashOfAnotherForm(_ text: String) {
        #expect(PasswordHash(text) == nil)
    }

    @Test func standardCostIsWhatIsPromised() {
        #expect(PasswordHash.Cost.standard == PasswordHash.Cost(logarithm: 17, blockSize: 8, parallelism: 1))
    }

    @Test(.timeLimit(.minutes(1))) func checksTwoAtOnceAndLetsSixteenWait() async throws {
        // Long enough that all are there before the first is done.
        let hasher = PasswordHasher(cost: PasswordHash.Cost(logarithm: 14, blockSize: 8, parallelism: 1))
        let results = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<40 { group.addTask { (try? await hasher.hash("correct horse")) != nil } }
            return await group.reduce(into: [Bool: Int]()) { $0[$1, default: 0] += 1 }
        }
        #expect(results[true, default: 0] >= PasswordHasher.atOnce + PasswordHasher.mayWait)
        #expect(results[false, default: 0] > 0)
        // Everybody has left: there is room again.
        #expect(try await hasher.verify("x", nil) == .wrong)
    }
}
