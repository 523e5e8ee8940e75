import ArgumentParser
import Foundation
import NIOHTTP1

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run a command, show its output, and end with its exit code.",
        usage: "srun run [OPTIONS] -- PROGRAM [ARGUMENT...]\nsrun run [OPTIONS] 'TEXT FOR THE SHELL'",
        discussion: """
            One argument is text for /bin/sh:   srun run 'make 2>&1 | tail -5'
            Several are a program and its arguments, run without a shell:   srun run -- sh -c 'exit 7'

            The exit code is the job's; 128 + n when signal n ended it, 124 at its time limit, 127 or 126 when it could not be \
            started. Ctrl-C stops the job and waits for it; a second Ctrl-C leaves it alone. What is written to \
            srun run is not passed on: a job reads nothing, or its terminal (--interactive).
            """
    )

    @OptionGroup var client: ClientOptions

    @Option(help: "A name for people.")
    var name: String?

    @Option(help: ArgumentHelp("A tag to find the job by. May be repeated.", valueName: "tag"))
    var tag: [String] = []

    @Option(
        help: ArgumentHelp(
            "Folder to run in. Default: this one, when the server is on this machine.", valueName: "folder"))
    var cwd: String?

    @Option(
        help: ArgumentHelp(
            "A variable for the job; without a value, the one it has here. May be repeated.", valueName: "name=value"))
    var env: [String] = []

    @Option(
        name: [.customLong("on"), .customLong("node")],
        help: ArgumentHelp("The node of the team to run on. Default: whichever is free.", valueName: "node"))
    var on: String?

    @Option(help: ArgumentHelp("Run on a node of the team that carries this label.", valueName: "label"))
    var label: String?

    @Option(help: ArgumentHelp("-100 to 100: of the jobs that wait, higher ones start first.", valueName: "n"))
    var priority: Int?

    @Option(
        help: ArgumentHelp("Of the jobs of this group at most so many run at once.", valueName: "name=n"))
    var group: String?

    @Option(
        help: ArgumentHelp(
            "A variable of this environment that the job gets, shown to nobody and masked in the output. May be repeated.",
            valueName: "name"))
    var secretEnv: [String] = []

    @Option(help: ArgumentHelp("Stop the job after so many seconds.", valueName: "seconds"))
    var timeout: Double?

    @OptionGroup var limits: LimitOptions

    @Flag(inversion: .prefixedNo, help: "Run on a terminal. Default: when standard output is one.")
    var tty: Bool?

    @Flag(
        name: .shortAndLong, help: "Run on a terminal and sit at it, as with srun attach: keys go to the job.")
    var interactive = false

    @Flag(help: "Do not wait: print the job's id and end.")
    var detach = false

    @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("What to run.", valueName: "command"))
    var words: [String] = []

    func validate() throws {
        // What follows the options is taken as it is, so that a program keeps its own; one of ours that is misspelt, or asks for
        // help, is the first of it.
        if let first = words.first, first != "--", first.hasPrefix("-") {
            if first == "-h" || first == "--help" { throw CleanExit.helpRequest(self) }
            let meant = Spelling.nearest(to: String(first.prefix { $0 != "=" }), of: Spelling.options(of: Self.self))
            throw ValidationError(
                "Unknown option '\(first)'." + (meant.map { " Did you mean '\($0)'?" } ?? "")
                    + " A program whose name begins with a dash goes behind --.")
        }
        _ = try JobSubmission(self, isLocal: false)
    }

    func run() async throws {
        // Before the job is started, or it would run for nobody.
        if interactive { _ = try RawMode() }
        let exitCode = try await client.withClient { client in
            let request = try JobSubmission(self, isLocal: client.connection.isLocal)
            let job = try await client.value(
                JobSummary.self, .POST, "/api/jobs", body: try JSONEncoder().encode(request))
            if interactive {
                let attachment = Attachment(client: client, keys: .standard)
                return try await attachment.run(job, fromStart: true, onlyWatches: false)
            }
            if detach {
                try StandardOutput.write("\(job.id)\n")
                return Int32(0)
            }
            return try await JobWatch(client: client, job: job.id).run()
        }
        throw ExitCode(exitCode)
    }
}
