import Crypto
import Foundation
import Logging
import SrunKit
import StoreMemory
import Synchronization
import Testing

@testable import srun

@Suite("Signing in by an issuer")
struct OpenIDIssuerTests {
    private static let noon = Date(timeIntervalSince1970: 1_780_000_000)
    private static let url = "https://id.example"
    private static let callback = "https://srun.example/api/session/oidc/callback"

    /// An issuer that answers from memory, with a clock that is set by hand.
    private final class ScriptedIssuer: IssuerAnswering {
        struct State {
            var signer = OpenIDSigner("1", .p256(P256.Signing.PrivateKey()))
            var metadata = [
                "issuer": OpenIDIssuerTests.url, "authorization_endpoint": "https://id.example/authorize?a=1",
                "token_endpoint": "https://id.example/token", "jwks_uri": "https://id.example/keys",
            ]
            var isAway = false
            var nonce = ""
            var asked: [String] = []
            var time = ContinuousClock.now
        }

        let state = Mutex(State())
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

        func issuer(secret: String? = nil) -> OpenIDIssuer {
            OpenIDIssuer(
                OpenIDSettings(issuer: OpenIDIssuerTests.url, clientID: "srun", clientSecret: secret), logger: logger,
                answering: self, now: { self.state.withLock(\.time) })
        }

        func ask(_ question: OpenIDClient.Question) async throws(OpenIDFailure) -> JSONValue {
            let answer: JSONValue? = state.withLock { state in
                let path = String(question.url.dropFirst(OpenIDIssuerTests.url.count))
                state.asked.append(path)
                guard !state.isAway else { return nil }
                switch path {
                case "/.well-known/openid-configuration":
                    return (try? JSONSerialization.data(withJSONObject: state.metadata)).flatMap {
                        try? StrictJSON.parse($0)
                    }
                case "/keys": return try? OpenIDSigner.keys([state.signer.jwk()])
                default:
                    let time = Int(OpenIDIssuerTests.noon.timeIntervalSince1970)
                    let claims: [String: Any] = [
                        "iss": OpenIDIssuerTests.url, "sub": "1", "aud": "srun", "nonce": state.nonce, "iat": time,
                        "exp": time + 60,
                    ]
                    guard let token = try? state.signer.token("ES256", claims: claims) else { return nil }
                    return .object([JSONValue.Member(key: "id_token", value: .string(token))])
                }
            }
            guard let answer else { throw .issuerUnavailable }
            return answer
        }

        func keepWaiting(_ duration: Duration) { state.withLock { $0.time += duration } }
        func asked(_ path: String) -> Int { state.withLock { state in state.asked.count { $0 == path } } }
    }

    private func signIn(_ script: ScriptedIssuer, _ issuer: OpenIDIssuer, named: String? = nil) async
        -> OpenIDFailure?
    {
        let signIn = BegunSignIn(at: Self.noon)
        script.state.withLock { $0.nonce = signIn.nonce }
        do throws(OpenIDFailure) {
            let claims = try await issuer.claims(
                code: "code", named: named, signIn, callback: Self.callback, now: Self.noon)
            #expect(claims.identity == IssuedIdentity(issuer: Self.url, subject: "1"))
            return nil
        } catch {
            return error
        }
    }

    @Test func keysAreAskedForAgainWhenOneIsNotKnownAndNotAllTheTime() async {
        let script = ScriptedIssuer()
        let issuer = script.issuer()
        for _ in 0..<3 { #expect(await signIn(script, issuer) == nil) }
        #expect(script.asked("/keys") == 1)
        #expect(script.asked("/.well-known/openid-configuration") == 1)
        let rotate = { script.state.withLock { $0.signer = OpenIDSigner("2", .p256(P256.Signing.PrivateKey())) } }
        rotate()
        // They have just been read.
        #expect(await signIn(script, issuer) == .invalidToken)
        #expect(script.asked("/keys") == 1)
        script.keepWaiting(OpenIDIssuer.pause)
        #expect(await signIn(script, issuer) == nil)
        #expect(await signIn(script, issuer) == nil)
        #expect(script.asked("/keys") == 2)
        // An old key is not believed for ever.
        script.keepWaiting(.seconds(3600))
        #expect(await signIn(script, issuer) == nil)
        #expect(script.asked("/keys") == 3)
    }

    @Test func anIssuerThatIsAwayIsNotAskedAllTheTime() async {
        let script = ScriptedIssuer()
        let issuer = script.issuer()
        script.state.withLock { $0.isAway = true }
        for _ in 0..<20 { #expect(await signIn(script, issuer) == .issuerUnavailable) }
        #expect(script.state.withLock(\.asked.count) == 1)
        script.state.withLock { $0.isAway = false }
        script.keepWaiting(OpenIDIssuer.pause)
        #expect(await signIn(script, issuer) == nil)
    }

    @Test(arguments: [
        ("issuer", "https://id.example/"), ("issuer", "https://evil.example"),
        ("token_endpoint", "http://id.example/token"),
        ("jwks_uri", "http://id.example/keys"), ("authorization_endpoint", "javascript:alert(1)"),
        ("jwks_uri", "/keys"),
    ])
    func aDescriptionThatLeadsElsewhereIsRefused(_ member: String, _ value: String) async {
        let script = ScriptedIssuer()
        script.state.withLock { $0.metadata[member] = value }
        #expect(await signIn(script, script.issuer()) == .issuerUnavailable)
        #expect(script.state.withLock(\.asked) == ["/.well-known/openid-configuration"])
    }

    @Test func theWayBackMayNotComeFromAnotherIssuer() async {
        let script = ScriptedIssuer()
        #expect(await signIn(script, script.issuer(), named: Self.url) == nil)
        #expect(await signIn(script, script.issuer(), named: "https://evil.example") == .invalidSignIn)
    }

    @Test func theBrowserIsSentWithAllThatTheWayBackIsCheckedBy() async throws {
        let signIn = BegunSignIn(at: Self.noon)
        let url = try await ScriptedIssuer().issuer().authorizationURL(signIn, callback: Self.callback)
        let parts = try #require(URLComponents(string: url))
        let items = Dictionary(uniqueKeysWithValues: (parts.queryItems ?? []).map { ($0.name, $0.value ?? "") })
        #expect(parts.host == "id.example" && parts.path == "/authorize")
        #expect(
            items == [
                "a": "1", "response_type": "code", "client_id": "srun", "redirect_uri": Self.callback,
                "scope": "openid profile email", "state": signIn.state, "nonce": signIn.nonce,
                "code_challenge": Base64URL.encode(SHA256.hash(data: Array(signIn.verifier.utf8))),
                "code_challenge_method": "S256",
            ])
        #expect(Set([signIn.state, signIn.nonce, signIn.verifier]).count == 3)
        #expect(!url.contains(signIn.verifier) && !signIn.cookie.contains(signIn.verifier))
        #expect((43...128).contains(signIn.verifier.count))
    }

    @Test func aSignInIsForTenMinutesAndOnce() throws {
        let begun = BegunSignIn(at: Self.noon)
        let after = { (seconds: Double) in Self.noon.addingTimeInterval(seconds) }
        let again = try #require(BegunSignIn(cookie: begun.cookie, now: after(600)))
        #expect((again.state, again.nonce, again.verifier) == (begun.state, begun.nonce, begun.verifier))
        #expect(BegunSignIn(cookie: begun.cookie, now: after(601)) == nil)
        #expect(BegunSignIn(cookie: begun.cookie, now: after(-61)) == nil)
        // Whoever changes the time has another state and another verifier.
        let secret = try #require(begun.cookie.split(separator: ".").last)
        let later = try #require(BegunSignIn(cookie: "1780000500.\(secret)", now: after(900)))
        #expect(later.state != begun.state && later.verifier != begun.verifier)
        for text in [
            "", ".", "1780000000.", "x.\(secret)", "01780000000.\(secret)", "1780000000.\(secret).",
            "1780000000.\(secret.uppercased())x",
        ] {
            #expect(BegunSignIn(cookie: text, now: Self.noon) == nil, "\(text)")
        }
        let used = UsedSignIns()
        #expect(used.use(begun, at: Self.noon))
        #expect(!used.use(begun, at: after(600)))
        #expect(used.use(later, at: after(600)))
    }

    @Test func aUserIsKnownByTheSubjectAndNeverByTheName() async throws {
        let store = MemoryStore()
        let ann = IssuedClaims(identity: IssuedIdentity(issuer: Self.url, subject: "1"), names: ["Ann", "a@b.example"])
        let strict = Access(.token(Token(TestServer.token)), store: store)
        await #expect(throws: OpenIDFailure.unknownUser) { try await strict.identity(issued: ann) }
        #expect(try await store.users().isEmpty)
        let open = Access(
            .token(Token(TestServer.token)), store: store, options: Access.Options(newcomerRole: .operator))
        #expect(try await open.identity(issued: ann).name == "ann")
        #expect(try await store.user("ann")?.identity == ann.identity)
        #expect(try await store.user("ann")?.role == .operator)
        // Under another name, and where nobody new is let in.
        let renamed = IssuedClaims(identity: ann.identity, names: ["eve"])
        #expect(try await strict.identity(issued: renamed).name == "ann")
        // Somebody else of that name, there or at another issuer.
        for other in [
            IssuedIdentity(issuer: Self.url, subject: "2"), IssuedIdentity(issuer: "https://x.example", subject: "1"),
        ] {
            let claims = IssuedClaims(identity: other, names: ["ann", "b@b.example"])
            await #expect(throws: OpenIDFailure.nameTaken) { try await open.identity(issued: claims) }
        }
        try await store.insert(AccessUser(name: "bob", role: .admin, passwordHash: "scrypt$x", createdAt: Self.noon))
        let bob = IssuedClaims(identity: IssuedIdentity(issuer: Self.url, subject: "3"), names: ["bob"])
        await #expect(throws: OpenIDFailure.nameTaken) { try await open.identity(issued: bob) }
        #expect(try await store.user("bob")?.identity == nil)
        // An administrator says that they are the same.
        #expect(try await store.change("bob", .identity(bob.identity)))
        #expect(try await strict.identity(issued: bob).role == .admin)
        #expect(try await store.change("bob", .disabled(true)))
        await #expect(throws: OpenIDFailure.disabled) { try await open.identity(issued: bob) }
        for names in [[], ["admin"], ["Anonymous", "späte", "a b"]] {
            let claims = IssuedClaims(identity: IssuedIdentity(issuer: Self.url, subject: "9"), names: names)
            await #expect(throws: OpenIDFailure.unusableName) { try await open.identity(issued: claims) }
        }
        let fallback = IssuedClaims(
            identity: IssuedIdentity(issuer: Self.url, subject: "4"), names: ["Kim Li", "kim@b.example"])
        #expect(try await open.identity(issued: fallback).name == "kim@b.example")
    }

    @Test(arguments: [
        ("https://id.example", true), ("https://id.example/realms/a", true), ("https://id.example/", true),
        ("http://127.0.0.1:8080", true), ("http://localhost:1/x", true), ("http://[::1]:1", true),
        ("http://id.example", false), ("http://127.0.0.1.evil.example", false), ("http://10.0.0.1", false),
        ("ftp://id.example", false), ("https://", false), ("id.example", false), ("", false),
        ("https://user@id.example", false), ("https://id.example/#x", false), ("https://id.example/?a=b", false),
        ("https://id.example/ x", false), ("https://id.example/\u{e9}", false),
    ])
    func anIssuerIsReachedSafelyOrNotAtAll(_ url: String, _ isFine: Bool) {
        #expect(OpenIDSettings.isIssuer(url) == isFine)
    }
}
