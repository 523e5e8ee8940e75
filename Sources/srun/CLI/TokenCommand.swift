import ArgumentParser
import Foundation
import NIOHTTP1

/// `srun token create|revoke|ls`.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Manage tokens for programs.",
        subcommands: [Create.self, Revoke.self, List.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make a token and print it. It cannot be shown again.")

        @OptionGroup var client: ClientOptions

        @Option(help: ArgumentHelp("viewer, operator or admin; never more than yours.", valueName: "role"))
        var role: String?

        @Option(help: ArgumentHelp("How many days it is good for. Default: until it is revoked.", valueName: "days"))
        var days: Int?

        @Option(help: ArgumentHelp("Whose it is. Default: yours.", valueName: "name"))
        var user: String?

        @Argument(help: "What it is for.")
        var name: String

        func run() async throws {
            if let days, !(1...3650).contains(days) { throw ValidationError("--days must be from 1 to 3650") }
            let wanted = LoginCommand.NewToken(
                name: name, role: role, user: user, expiresInSeconds: days.map { $0 * 86_400 })
            let body = try JSONEncoder().encode(wanted)
            try await client.withClient { client in
                let token = try await client.value(TokenMessage.self, .POST, "/api/tokens", body: body)
                guard let secret = token.token else { throw Failure(.protocolError, "the server made no token") }
                try StandardOutput.write("\(secret)\n")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Make a token worthless, at once.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "As srun token ls shows it.")
        var id: String

        func run() async throws {
            try await client.withClient { client in
                _ = try await client.send(.DELETE, "/api/tokens/\(PercentCoding.encoded(id))")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ls", abstract: "List tokens: yours, or all for an administrator.")

        @OptionGroup var client: ClientOptions

        func run() async throws {
            try await client.withClient { client in
                let tokens = try await client.value([TokenMessage].self, .GET, "/api/tokens")
                let rows = tokens.map { token in
                    [
                        token.id, token.prefix + "…", token.name, token.user ?? "", token.role,
                        token.expiresAt ?? "never", token.lastUsedAt ?? "never",
                    ]
                }
                try StandardOutput.write(
                    TextTable.text(["ID", "TOKEN", "NAME", "USER", "ROLE", "EXPIRES", "LAST USED"], rows))
            }
        }
    }
}
