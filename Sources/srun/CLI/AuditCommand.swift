import ArgumentParser
import Foundation
import NIOHTTP1

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Print what people did, newest first, as lines of JSON.")

    @OptionGroup var client: ClientOptions

    @Option(help: ArgumentHelp("Only what this one did.", valueName: "name"))
    var user: String?

    @Option(help: ArgumentHelp("Only this, for example job.stop.", valueName: "action"))
    var action: String?

    func run() async throws {
        var query = "format=jsonl"
        if let user { query += "&user=\(PercentCoding.encoded(user))" }
        if let action { query += "&action=\(PercentCoding.encoded(action))" }
        try await client.withClient { client in
            let response = try await client.send(.GET, "/api/audit?\(query)", timeout: APIClient.patience)
            try await client.read(response) { try StandardOutput.write($0) }
        }
    }
}
