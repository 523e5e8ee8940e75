import ArgumentParser
import Foundation
import NIOHTTP1

struct SignalCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "signal", abstract: "Send a signal to every process of a job.")

    @OptionGroup var client: ClientOptions

    @OptionGroup var job: JobArgument

    @Argument(help: "A name such as HUP or USR1, or a number.")
    var signal: String

    private struct Body: Encodable {
        enum Signal: Encodable {
            case number(Int)
            case name(String)

            func encode(to encoder: any Encoder) throws {
                var container = encoder.singleValueContainer()
                switch self {
                case .number(let number): try container.encode(number)
                case .name(let name): try container.encode(name)
                }
            }
        }

        let signal: Signal
    }

    func run() async throws {
        let body = Body(signal: Int(signal).map { .number($0) } ?? .name(signal))
        let data = try JSONEncoder().encode(body)
        try await client.withClient { client in
            _ = try await client.send(.POST, APIClient.path(try await job.id(client), "/signal"), body: data)
        }
    }
}

struct PauseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause", abstract: "Hold every process of a job where it is.")

    @OptionGroup var client: ClientOptions

    @OptionGroup var job: JobArgument

    func run() async throws {
        try await client.withClient { _ = try await $0.send(.POST, APIClient.path(try await job.id($0), "/pause")) }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Let a job go on that was paused.")

    @OptionGroup var client: ClientOptions

    @OptionGroup var job: JobArgument

    func run() async throws {
        try await client.withClient { _ = try await $0.send(.POST, APIClient.path(try await job.id($0), "/resume")) }
    }
}
