import Foundation
import Logging

/// Another service that says who somebody is: its description and its keys, and the exchange of a code for a token.
final class OpenIDIssuer: Sendable {
    private static let metadataLifetime = Duration.seconds(3600)
    private static let keysLifetime = Duration.seconds(3600)
    /// Between two questions for the same thing, so that nobody can make srun ask all the time.
    static let pause = Duration.seconds(5)

    let settings: OpenIDSettings
    private let answering: any IssuerAnswering
    private let logger: Logger
    private let metadata: CachedValue<OpenIDMetadata>
    private let keys: CachedValue<SigningKeys>

    init(
        _ settings: OpenIDSettings, logger: Logger, answering: any IssuerAnswering,
        now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
    ) {
        let metadata = CachedValue(lifetime: Self.metadataLifetime, pause: Self.pause, now: now) {
            await Self.metadata(settings, answering, logger)
        }
        self.settings = settings
        self.answering = answering
        self.logger = logger
        self.metadata = metadata
        keys = CachedValue(lifetime: Self.keysLifetime, pause: Self.pause, now: now) {
            await Self.keys(metadata, answering, logger)
        }
    }

    private static func metadata(
        _ settings: OpenIDSettings, _ answering: any IssuerAnswering, _ logger: Logger
    ) async -> Result<OpenIDMetadata, OpenIDFailure> {
        do throws(OpenIDFailure) {
            let json = try await answering.ask(OpenIDClient.Question(url: settings.discoveryURL))
            if let metadata = OpenIDMetadata(json, issuer: settings.issuer) { return .success(metadata) }
            logger.error(
                "the issuer's description is not what it should be",
                metadata: ["expected": "\(settings.issuer)", "issuer": "\(json["issuer"]?.text ?? "missing")"])
            return .failure(.issuerUnavailable)
        } catch {
            return .failure(error)
        }
    }

    private static func keys(
        _ metadata: CachedValue<OpenIDMetadata>, _ answering: any IssuerAnswering, _ logger: Logger
    ) async -> Result<SigningKeys, OpenIDFailure> {
        do throws(OpenIDFailure) {
            let url = try await metadata.current().keysURL
            if let keys = SigningKeys(try await answering.ask(OpenIDClient.Question(url: url))) {
                return .success(keys)
            }
            logger.error("the issuer's keys cannot be read")
            return .failure(.issuerUnavailable)
        } catch {
            return .failure(error)
        }
    }

    /// Where the browser goes to.
    func authorizationURL(_ signIn: BegunSignIn, callback: String) async throws(OpenIDFailure) -> String {
        let endpoint = try await metadata.current().authorizationEndpoint
        let items = [
            ("response_type", "code"), ("client_id", settings.clientID), ("redirect_uri", callback),
            ("scope", "openid profile email"), ("state", signIn.state), ("nonce", signIn.nonce),
            ("code_challenge", signIn.challenge), ("code_challenge_method", "S256"),
        ]
        return endpoint + (endpoint.contains("?") ? "&" : "?") + FormCoding.encoded(items)
    }

    /// Exchanges the code that the browser has brought, and checks what comes for it.
    ///
    /// - Parameter named: From which issuer the way back says it comes, if it does (RFC 9207).
    func claims(
        code: String, named: String?, _ signIn: BegunSignIn, callback: String, now: Date
    ) async throws(OpenIDFailure) -> IssuedClaims {
        let metadata = try await metadata.current()
        guard named.map({ $0 == settings.issuer }) ?? !metadata.namesItself else { throw .invalidSignIn }
        let answer = try await answering.ask(question(code: code, signIn, callback: callback, metadata))
        guard let text = answer["id_token"]?.text else {
            logger.error("the issuer has sent no ID token")
            throw .issuerUnavailable
        }
        let expected = IDToken.Expectation(
            issuer: settings.issuer, clientID: settings.clientID, nonce: signIn.nonce, now: now)
        var result = await Self.check(text, try await keys.current(), expected)
        // It may have made a new one.
        if case .failure(.unknownKey) = result {
            result = await Self.check(text, try await keys.current(isStale: true), expected)
        }
        switch result {
        case .success(let claims): return claims
        case .failure(let refusal):
            logger.warning("the issuer's token is refused", metadata: ["reason": "\(refusal)"])
            throw .invalidToken
        }
    }

    private static func check(_ text: String, _ keys: SigningKeys, _ expected: IDToken.Expectation) async
        -> Result<IssuedClaims, IDToken.Refusal>
    {
        do throws(IDToken.Refusal) {
            return .success(try await IDToken(text).verify(keys, expected))
        } catch {
            return .failure(error)
        }
    }

    private func question(
        code: String, _ signIn: BegunSignIn, callback: String, _ metadata: OpenIDMetadata
    ) -> OpenIDClient.Question {
        var form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", callback),
            ("code_verifier", signIn.verifier),
        ]
        var question = OpenIDClient.Question(url: metadata.tokenEndpoint)
        switch settings.clientSecret {
        case nil: form.append(("client_id", settings.clientID))
        case let secret? where metadata.takesSecretInForm:
            form += [("client_id", settings.clientID), ("client_secret", secret)]
        case let secret?:
            // RFC 6749 §2.3.1: both are encoded before they are put together.
            let pair = "\(PercentCoding.encoded(settings.clientID)):\(PercentCoding.encoded(secret))"
            question.authorization = "Basic \(Data(pair.utf8).base64EncodedString())"
        }
        question.form = form
        return question
    }
}
