import ArgumentParser
import Foundation
import NIOHTTP1

struct UpgradeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade",
        abstract: "Put the installed version of srun in the place of the one that serves.",
        discussion: "Jobs go on, and nobody is refused. Install the new program at the path of the old one before.")

    @OptionGroup var client: ClientOptions

    private struct Version: Decodable {
        let version: String
        let pid: Int32?
    }

    /// How long the new one may take until it answers.
    private static let limit = Duration.seconds(30)
    private static let pause = Duration.milliseconds(100)

    func run() async throws {
        try await client.withClient { client in
            let before = try await client.value(Version.self, .GET, "/api/version")
            _ = try await client.send(
                .POST, "/api/upgrade", body: Data("{\"pid\": \(before.pid ?? 0)}".utf8), timeout: APIClient.patience)
            let deadline = ContinuousClock.now + Self.limit
            while ContinuousClock.now < deadline {
                // The old one may still answer, or cut a connection as it goes.
                if let now = try? await client.value(Version.self, .GET, "/api/version"), now.pid != before.pid {
                    try StandardOutput.write("srun \(now.version) serves now; it was \(before.version)\n")
                    return
                }
                try await Task.sleep(for: Self.pause)
            }
            throw Failure(.unavailable, "the new version does not answer; the log of srun tells why")
        }
    }
}
