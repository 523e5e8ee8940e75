import ArgumentParser
import Foundation

/// How the verbs that talk to a server find it.
struct ClientOptions: ParsableArguments {
    @Option(help: "The server, for example http://127.0.0.1:8000. Default: SRUN_URL, else the one running here.")
    var url: String?

    @Option(
        help: ArgumentHelp(
            "File with the token. Default: SRUN_TOKEN, else the token of the server running here.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Certificates to trust, for a server whose certificate the system does not know. Default: SRUN_CA_FILE.",
            valueName: "file"))
    var caFile: String?

    @Option(
        help: ArgumentHelp(
            "State folder of the server running here. Default: SRUN_STATE_DIR, else ~/.local/state/srun.",
            valueName: "folder"))
    var stateDir: String?

    /// Runs the body with a client, and ends the client's connections afterwards.
    func withClient<Result>(_ body: (APIClient) async throws -> Result) async throws -> Result {
        try await Self.withClient(connection(), body)
    }

    func connection() throws -> ServerConnection {
        let environment = ProcessInfo.processInfo.environment
        let folder = stateDir ?? environment["SRUN_STATE_DIR"].flatMap { $0.isEmpty ? nil : $0 }
        var connection = try ServerConnection(
            url: url ?? environment["SRUN_URL"].flatMap { $0.isEmpty ? nil : $0 },
            tokenFile: tokenFile,
            stateFolder: folder ?? StateFolder.defaultPath(environment: environment),
            environment: environment)
        connection.authorities = caFile ?? environment["SRUN_CA_FILE"].flatMap { $0.isEmpty ? nil : $0 }
        return connection
    }

    static func withClient<Result>(
        _ connection: ServerConnection, _ body: (APIClient) async throws -> Result
    ) async throws -> Result {
        let client = APIClient(connection)
        do {
            let result = try await body(client)
            try await client.shutdown()
            return result
        } catch {
            try? await client.shutdown()
            throw (error as? ConnectionLost)?.failure ?? error
        }
    }
}
