import ArgumentParser
import NIOHTTP1

struct LinkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link", abstract: "Print a link that signs a browser in, once, within 10 minutes.")

    @OptionGroup var client: ClientOptions

    private struct Link: Decodable {
        let url: String
    }

    func run() async throws {
        try await client.withClient { client in
            let link = try await client.value(Link.self, .POST, "/api/session/link")
            try StandardOutput.write("\(link.url)\n")
        }
    }
}
