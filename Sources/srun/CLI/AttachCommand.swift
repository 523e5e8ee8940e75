import ArgumentParser
import NIOHTTP1

struct AttachCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Sit at the terminal of a running job: see its screen and type into it.",
        discussion: """
            Every key goes to the job, Ctrl-C too. Ctrl-\\ leaves the job, which goes on; --detach-keys names other keys, \
            for example ctrl-p,ctrl-q. The job's terminal takes the size of this one. When the job ends, so does this, with \
            its exit code.

            Several may be attached to one job: all see the same, and what they type is not mixed within one paste. --watch \
            only looks.
            """
    )

    @OptionGroup var client: ClientOptions

    @Option(help: ArgumentHelp("Keys that leave the job, or none.", valueName: "keys"))
    var detachKeys = DetachKeys.standard

    @Flag(help: "Only look: type nothing, leave the size alone. Ctrl-C leaves, too.")
    var watch = false

    @OptionGroup var job: JobArgument

    func run() async throws {
        let exitCode = try await client.withClient { client in
            let job = try await client.value(JobSummary.self, .GET, APIClient.path(try await job.id(client)))
            return try await Attachment(client: client, keys: detachKeys).run(job, fromStart: false, onlyWatches: watch)
        }
        throw ExitCode(exitCode)
    }
}
