import ArgumentParser
import AsyncHTTPClient
import NIOHTTP1

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a job, and wait until it has ended.")

    @OptionGroup var client: ClientOptions

    @Argument(help: "The job, as srun ls shows it.")
    var id: String

    func run() async throws {
        try await client.withClient { client in
            let response = try await client.send(.POST, APIClient.path(id, "/stop"), timeout: APIClient.patience)
            if response.status == .accepted { throw Failure(.temporary, "job \(id) is still ending") }
        }
    }
}
