import Foundation
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
    private let time = TestTime()
    private let access: Access

    init() {
        access = Access(.token(Token("correct")), now: { [time] in time.now })
    }

    private func signIn() async throws -> String {
        guard case .admitted(let identity, let session) = await access.signIn(.token("correct")) else {
            throw RawConnectionEnded()
        }
        #expect(identity == .administrator)
        return session
    }

    @Test func admitsTheTokenAndNothingElse() async {
        #expect(await access.admit(bearer: "correct", session: nil)?.proof == .bearer)
        for wrong in ["", "Correct", "correct ", "correctt", "c"] {
            #expect(await access.admit(bearer: wrong, session: nil) == nil)
        }
        #expect(await access.admit(bearer: nil, session: nil) == nil)
    }

    @Test func refusesAWrongTokenBesideAGoodSession() async throws {
        let session = try await signIn()
        #expect(await access.admit(bearer: nil, session: session) != nil)
        #expect(await access.admit(bearer: "wrong", session: session) == nil)
    }

    @Test func endsAnUnusedSession() async throws {
        let session = try await signIn()
        time.advance(by: Session.idleLimit - 1)
        #expect(await access.admit(bearer: nil, session: session) != nil)
        time.advance(by: Session.idleLimit - 1)
        #expect(await access.admit(bearer: nil, session: session) != nil)
        time.advance(by: Session.idleLimit)
        #expect(await access.admit(bearer: nil, session: session) == nil)
    }

    @Test func endsAnOldSessionHoweverMuchItIsUsed() async throws {
        let session = try await signIn()
        for _ in 0..<27 {
            time.advance(by: 6 * 3600)
            #expect(await access.admit(bearer: nil, session: session) != nil)
        }
        time.advance(by: 6 * 3600)
        #expect(await access.admit(bearer: nil, session: session) == nil)
    }

    @Test func endsASessionThatIsSignedOut() async throws {
        let session = try await signIn()
        let admission = try #require(await access.admit(bearer: nil, session: session))
        #expect(await access.isValid(admission))
        await access.signOut(admission)
        #expect(await !access.isValid(admission))
        #expect(await access.admit(bearer: nil, session: session) == nil)
    }

    @Test func keepsWatchingWithoutUsingASession() async throws {
        let session = try await signIn()
        let admission = try #require(await access.admit(bearer: nil, session: session))
        time.advance(by: Session.idleLimit - 1)
        #expect(await access.isValid(admission))
        time.advance(by: 1)
        #expect(await !access.isValid(admission))
    }

    @Test func takesACodeOnce() async {
        let code = access.makeSignInCode()
        guard case .admitted = await access.signIn(.code(code)) else { return #expect(Bool(false)) }
        guard case .refused = await access.signIn(.code(code)) else { return #expect(Bool(false)) }
    }

    @Test func takesACodeForTenMinutes() async {
        let late = access.makeSignInCode()
        time.advance(by: 599)
        let fresh = access.makeSignInCode()
        time.advance(by: 1)
        guard case .refused = await access.signIn(.code(late)) else { return #expect(Bool(false)) }
        guard case .admitted = await access.signIn(.code(fresh)) else { return #expect(Bool(false)) }
    }

    @Test func forgetsTheOldestOfTooManyCodes() async {
        let codes = (0...SignInCodes.capacity).map { _ in access.makeSignInCode() }
        guard case .refused = await access.signIn(.code(codes[0])) else { return #expect(Bool(false)) }
        guard case .admitted = await access.signIn(.code(codes[1])) else { return #expect(Bool(false)) }
    }

    @Test func makesEveryoneWaitAfterTooManyFailures() async {
        for _ in 0..<FailureThrottle.limit {
            guard case .refused = await access.signIn(.token("wrong")) else { return #expect(Bool(false)) }
        }
        guard case .tooManyFailures(let seconds) = await access.signIn(.token("correct")) else {
            return #expect(Bool(false))
        }
        #expect((1...60).contains(seconds))
        time.advance(by: 60)
        guard case .admitted = await access.signIn(.token("correct")) else { return #expect(Bool(false)) }
    }

    @Test func dropsTheLeastUsedOfTooManySessions() async {
        let store = MemorySessionStore()
        let start = time.now
        for index in 0...MemorySessionStore.capacity {
            let used = start.addingTimeInterval(index == 0 ? 5000 : Double(index))
            await store.insert(
                Session(identity: .administrator, createdAt: start, lastUsedAt: used), as: SecretDigest(of: "\(index)"))
        }
        #expect(await store.session(SecretDigest(of: "0")) != nil)
        #expect(await store.session(SecretDigest(of: "1")) == nil)
        #expect(await store.session(SecretDigest(of: "2")) != nil)
    }

    @Test func letsEverybodyInWhenToldTo() async {
        let open = Access(.none)
        #expect(await open.admit(bearer: nil, session: nil) == Access.Admission(identity: .anonymous, proof: .nothing))
    }

    @Test func makesSecretsThatDiffer() {
        let secrets = Set((0..<1000).map { _ in RandomSecret.make() })
        #expect(secrets.count == 1000)
        #expect(secrets.allSatisfy { $0.count == 64 })
    }
}
