import ArgumentParser
import AsyncHTTPClient
import NIOHTTP1

struct StopCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop", abstract: "Stop a job, and wait until it has ended.")

    @OptionGroup var client: ClientOptions

    @OptionGroup var job: JobArgument

    func run() async throws {
        try await client.withClient { client in
            let id = try await job.id(client)
            let response = try await client.send(.POST, APIClient.path(id, "/stop"), timeout: APIClient.patience)
            if response.status == .accepted { throw Failure(.temporary, "job \(id) is still ending") }
        }
    }
}
