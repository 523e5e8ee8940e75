import ArgumentParser
import AsyncHTTPClient
import NIOHTTP1

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs",
        abstract: "Print the output of a job.",
        discussion: """
            Into a pipe or a file go the bytes as the job wrote them. On a terminal colours are kept, and other control \
            characters are made visible, because they could do anything to it; --raw leaves them alone. --text prints the \
            lines as a person would have read them, without colours and what was written over.
            """
    )

    @OptionGroup var client: ClientOptions

    @Flag(name: .shortAndLong, help: "Go on until the job ends.")
    var follow = false

    @Flag(help: "Also on a terminal, print the bytes as they are.")
    var raw = false

    @Flag(help: "Print plain lines, without escape sequences.")
    var text = false

    @Flag(help: "Begin each line with the time of its first byte; implies --text.")
    var timestamps = false

    @OptionGroup var job: JobArgument

    /// What the server is asked for when it makes the lines; nil for the bytes.
    private var textQuery: String? {
        guard text || timestamps else { return nil }
        return "/logs?format=text" + (timestamps ? "&timestamps=1" : "") + (follow ? "&follow=1" : "")
    }

    func run() async throws {
        try await client.withClient { [job, follow, raw, textQuery] client in
            let id = try await job.id(client)
            try await Interruption.cancels {
                var writer = OutputWriter(.colours, raw: raw)
                defer { writer.finish() }
                if let textQuery {
                    // Lines have no offset to go on from: a connection that breaks is told, not repaired.
                    let response = try await client.send(
                        .GET, APIClient.path(id, textQuery), timeout: APIClient.patience)
                    try await client.read(response) { try writer.write($0) }
                } else if follow {
                    _ = try await OutputFollower(client: client, job: id, isKnown: false).follow {
                        try writer.write($0)
                    }
                } else {
                    let response = try await client.send(.GET, APIClient.path(id, "/logs"))
                    try await client.read(response) { try writer.write($0) }
                }
            }
        }
    }
}
