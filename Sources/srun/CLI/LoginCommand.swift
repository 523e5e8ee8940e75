import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOHTTP1

struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login",
        abstract: "Sign in to a server, so that later commands need no token.",
        discussion: """
            Asks for the password, or reads it from standard input, and keeps a token of its own for this server in \
            ~/.config/srun/logins.json. srun logout takes the token back.
            """)

    @OptionGroup var client: ClientOptions

    @Option(help: ArgumentHelp("Who you are there. Default: the name of your account here.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("How many days the token is good for.", valueName: "days"))
    var days = 30

    private struct Credential: Encodable {
        let user: String
        let password: String
    }

    struct NewToken: Encodable {
        let name: String
        let role: String?
        let user: String?
        let expiresInSeconds: Int?
    }

    private struct Session: Decodable {
        let user: String
        let role: String
    }

    func run() async throws {
        guard (1...3650).contains(days) else { throw ValidationError("--days must be from 1 to 3650") }
        let environment = ProcessInfo.processInfo.environment
        let path = Logins.path(environment: environment)
        var logins = try Logins(path)
        let name = user ?? NSUserName()
        let here = try client.connection()
        let url = here.url
        let password = try PasswordPrompt.read("password of \(name) at \(url)")
        let body = try JSONEncoder().encode(Credential(user: name, password: password))
        // Without a proof of its own: the password is the proof.
        try await ClientOptions.withClient(here.with(.nothing)) { client in
            let answer: APIClient.Response
            do {
                answer = try await client.send(.POST, "/api/session", body: body)
            } catch let failure as Failure where failure.code == .permission {
                throw Failure(.permission, "\(url) does not let \(name) in with this password")
            }
            guard let cookie = answer.headers["set-cookie"].first?.split(separator: ";").first.map(String.init) else {
                throw Failure(.protocolError, "\(url) does not open a session")
            }
            let session = try JSONDecoder().decode(Session.self, from: try await client.data(of: answer))
            let signedIn = APIClient(here.with(.session(cookie)))
            do {
                let wanted = NewToken(
                    name: "srun login on \(ProcessInfo.processInfo.hostName)".cut(toBytes: 64), role: session.role,
                    user: nil, expiresInSeconds: days * 86_400)
                let token = try await signedIn.value(
                    TokenMessage.self, .POST, "/api/tokens", body: JSONEncoder().encode(wanted))
                guard let secret = token.token else { throw Failure(.protocolError, "\(url) made no token") }
                _ = try? await signedIn.send(.DELETE, "/api/session")
                logins[url] = Logins.Login(user: session.user, tokenID: token.id, token: secret)
                try logins.write(path)
                try await signedIn.shutdown()
            } catch {
                try? await signedIn.shutdown()
                throw error
            }
            StandardError.say("signed in to \(url) as \(session.user) (\(session.role))")
        }
    }
}

struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Take back what srun login got from a server, and forget it.")

    @OptionGroup var client: ClientOptions

    func run() async throws {
        let path = Logins.path(environment: ProcessInfo.processInfo.environment)
        var logins = try Logins(path)
        let here = try client.connection()
        let url = here.url
        guard let login = logins[url] else { throw Failure(.noSuchJob, "you are not signed in to \(url)") }
        logins[url] = nil
        try logins.write(path)
        try await ClientOptions.withClient(here.with(.bearer(login.token))) { client in
            _ = try await client.send(.DELETE, "/api/tokens/\(login.tokenID)")
        }
        StandardError.say("signed out of \(url)")
    }
}
