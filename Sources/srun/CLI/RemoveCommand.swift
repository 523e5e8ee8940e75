import ArgumentParser
import NIOHTTP1

struct RemoveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rm", abstract: "Remove a job that has ended, with its output.")

    @OptionGroup var client: ClientOptions

    @Flag(help: "Stop the job first if it runs.")
    var force = false

    @OptionGroup var job: JobArgument

    func run() async throws {
        try await client.withClient { client in
            let path = APIClient.path(try await job.id(client), force ? "?force=true" : "")
            _ = try await client.send(.DELETE, path, timeout: APIClient.patience)
        }
    }
}
