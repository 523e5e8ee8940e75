import Foundation
import NIOSSL
import SrunKit

/// Which server a command talks to, and how it proves who it is.
struct ServerConnection: Sendable {
    /// Without a slash at the end.
    let url: String
    private(set) var proof: Proof
    /// It is the server of this user on this machine, so both see the same files.
    let isLocal: Bool
    /// Certificates to trust beside, or rather than, those of the system; nil for those of the system.
    var authorities: String?

    enum Proof: Sendable {
        case bearer(String)
        /// `NAME=VALUE`, for the moment between a password and a token.
        case session(String)
        case nothing
    }

    var token: String? { if case .bearer(let token) = proof { token } else { nil } }

    func with(_ proof: Proof) -> ServerConnection {
        var connection = self
        connection.proof = proof
        return connection
    }

    /// Finds the server: the URL that was named, else the one whose state folder is here.
    ///
    /// The token of the state folder goes to the server that wrote the folder and to no other, so that a URL that
    /// somebody suggests cannot draw it out.
    init(url named: String?, tokenFile: String?, stateFolder: String, environment: [String: String]) throws {
        let local = ServerFile.read("\(stateFolder)/\(ServerFile.name)")
        let url = try named.map(Self.checked)
        guard let url = url ?? local?.url else {
            if let keeper = KeeperPresence.ask(in: stateFolder), keeper.server == nil {
                throw Failure(
                    .unavailable,
                    "no server runs here, but the keeper of \(stateFolder), process \(keeper.process), has \(keeper.jobs) jobs; "
                        + "the next start goes on with them: srun")
            }
            throw Failure(
                .unavailable,
                "no server runs here (looked in \(stateFolder)); start one with: srun, or name one with --url")
        }
        self.url = url
        isLocal = url == local?.url
        if let tokenFile {
            guard let token = try TokenFile.read(tokenFile) else {
                throw Failure(.permission, "there is no token file \(tokenFile)")
            }
            proof = .bearer(token)
        } else if let token = environment["SRUN_TOKEN"], !token.isEmpty {
            guard token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
                throw Failure(.usage, "SRUN_TOKEN must be one word without control characters")
            }
            proof = .bearer(token)
        } else if let login = try Logins(Logins.path(environment: environment))[url] {
            proof = .bearer(login.token)
        } else {
            let token = isLocal ? try TokenFile.read("\(stateFolder)/\(TokenFile.name)") : nil
            proof = token.map { .bearer($0) } ?? .nothing
        }
    }

    /// How the server proves who it is.
    ///
    /// The server of this user on this machine needs no proof: its address stands in a folder that nobody else can write to,
    /// and it lives, so nobody else has its port. Its certificate is for the name that others know.
    var tlsConfiguration: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if let authorities { configuration.trustRoots = .file(authorities) }
        let isHere = ["https://127.0.0.1:", "https://[::1]:"].contains { url.hasPrefix($0) }
        if isLocal, isHere, authorities == nil { configuration.certificateVerification = .none }
        return configuration
    }

    /// The Unix socket of the server, if it is reached through one.
    var socketPath: String? {
        url.hasPrefix(Self.socketScheme) ? String(url.dropFirst(Self.socketScheme.count)).removingPercentEncoding : nil
    }

    /// As HTTPClient takes it.
    static func url(ofSocket path: String) -> String { socketScheme + PercentCoding.encoded(path) }

    private static let socketScheme = "http+unix://"

    private static func checked(_ text: String) throws -> String {
        if text.hasPrefix("unix:/") { return Self.url(ofSocket: String(text.dropFirst("unix:".count))) }
        if text.hasPrefix(socketScheme) { return text }
        guard let url = URLComponents(string: text), let scheme = url.scheme?.lowercased(),
            ["http", "https"].contains(scheme),
            let host = url.host, !host.isEmpty, url.user == nil, url.password == nil, url.query == nil,
            url.fragment == nil
        else {
            throw Failure(
                .usage, "the server's URL must look like http://127.0.0.1:8000 or unix:/path, without a password in it")
        }
        var text = text
        while text.hasSuffix("/") { text.removeLast() }
        return text
    }
}
