import ArgumentParser
import Foundation
import NIOHTTP1

/// `srun user add|rm|passwd|role|link|ls`.
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Manage who may sign in.",
        subcommands: [Add.self, Remove.self, Password.self, ChangeRole.self, Link.self, List.self])

    private static func path(_ name: String, _ rest: String = "") -> String {
        "/api/users/\(PercentCoding.encoded(name))\(rest)"
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "add", abstract: "Let somebody in. Asks for a password, or reads it from standard input.")

        @OptionGroup var client: ClientOptions

        @Option(help: ArgumentHelp("viewer, operator or admin.", valueName: "role"))
        var role = "operator"

        @Flag(help: "Without a password: a proxy or the issuer answers for them.")
        var noPassword = false

        @Option(
            help: ArgumentHelp("Who they are at the OpenID Connect issuer, its \"sub\" for them.", valueName: "sub"))
        var subject: String?

        @Argument(help: "Letters, digits and . _ @ + -")
        var name: String

        private struct Body: Encodable {
            let name: String
            let role: String
            let password: String?
            let subject: String?
        }

        func run() async throws {
            let password = noPassword || subject != nil ? nil : try PasswordPrompt.readNew("password for \(name)")
            let body = try JSONEncoder().encode(Body(name: name, role: role, password: password, subject: subject))
            try await client.withClient { client in
                _ = try await client.send(.POST, "/api/users", body: body)
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rm", abstract: "Let somebody in no more, and end their tokens and sessions.")

        @OptionGroup var client: ClientOptions

        @Argument var name: String

        func run() async throws {
            try await client.withClient { client in
                _ = try await client.send(.DELETE, UserCommand.path(name))
            }
        }
    }

    struct Password: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "passwd", abstract: "Set a password: your own, or as an administrator that of somebody else.")

        @OptionGroup var client: ClientOptions

        @Argument(help: "Default: you.")
        var name: String?

        private struct Body: Encodable {
            let password: String
            let current: String?
        }

        private struct Session: Decodable {
            let user: String
        }

        func run() async throws {
            try await client.withClient { client in
                let me = try await client.value(Session.self, .GET, "/api/session").user
                let name = name ?? me
                let current = name == me ? try PasswordPrompt.read("current password") : nil
                let password = try PasswordPrompt.readNew("new password for \(name)")
                let body = try JSONEncoder().encode(Body(password: password, current: current))
                _ = try await client.send(.PUT, UserCommand.path(name, "/password"), body: body)
            }
        }
    }

    struct ChangeRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "role", abstract: "Change what somebody may do. They have to sign in again.")

        @OptionGroup var client: ClientOptions

        @Argument var name: String

        @Argument(help: "viewer, operator or admin.")
        var role: String

        func run() async throws {
            let body = try JSONEncoder().encode(["role": role])
            try await client.withClient { client in
                _ = try await client.send(.PATCH, UserCommand.path(name), body: body)
            }
        }
    }

    struct Link: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "link",
            abstract: "Say who somebody is at the OpenID Connect issuer. They have to sign in again.",
            discussion:
                "srun audit tells the subject of whoever was refused. Without one, the issuer lets them in no more.")

        @OptionGroup var client: ClientOptions

        @Argument var name: String

        @Argument(help: "Its \"sub\" for them.")
        var subject: String?

        func run() async throws {
            let body = try JSONEncoder().encode(["subject": subject])
            try await client.withClient { client in
                _ = try await client.send(.PATCH, UserCommand.path(name), body: body)
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "ls", abstract: "List who may sign in.")

        @OptionGroup var client: ClientOptions

        func run() async throws {
            try await client.withClient { client in
                let users = try await client.value([UserMessage].self, .GET, "/api/users")
                let rows = users.map { user in
                    [user.name, user.role, user.disabled ? "disabled" : "", user.lastSignInAt ?? "never"]
                }
                try StandardOutput.write(TextTable.text(["NAME", "ROLE", "", "LAST SIGN-IN"], rows))
            }
        }
    }
}
