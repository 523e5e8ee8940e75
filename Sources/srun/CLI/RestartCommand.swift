import ArgumentParser
import NIOHTTP1

struct RestartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart", abstract: "Run a job's command again as a new job, and print the new job's id.")

    @OptionGroup var client: ClientOptions

    @OptionGroup var job: JobArgument

    func run() async throws {
        try await client.withClient { client in
            let path = APIClient.path(try await job.id(client), "/restart")
            let job = try await client.value(JobSummary.self, .POST, path, timeout: APIClient.patience)
            try StandardOutput.write("\(job.id)\n")
        }
    }
}
