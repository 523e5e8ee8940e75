import ArgumentParser
import Foundation
import NIOHTTP1

struct DrainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drain",
        abstract:
            "Let a node of the team finish what it runs and take nothing new, before it is upgraded or taken away.")

    @OptionGroup var client: ClientOptions

    @Flag(help: "Let the node take new jobs again.")
    var undo = false

    @Argument(help: "The node, as srun nodes shows it.")
    var node: String

    func run() async throws {
        guard let name = node.addingPercentEncoding(withAllowedCharacters: .alphanumerics) else {
            throw ValidationError("the node's name cannot be sent")
        }
        try await client.withClient { client in
            _ = try await client.send(undo ? .DELETE : .POST, "/api/nodes/\(name)/drain")
        }
    }
}
