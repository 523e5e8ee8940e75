import ArgumentParser
import CPTY
import Dispatch

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// `srun` alone is `srun serve`; every verb is a file in `CLI/`.
struct Srun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "srun",
        abstract: "Runs commands on this machine for people who are elsewhere.",
        version: "srun \(BuildInfo.version)",
        subcommands: [
            ServeCommand.self, RunCommand.self, AttachCommand.self, ListCommand.self, LogsCommand.self,
            ReplayCommand.self,
            StopCommand.self, SignalCommand.self, PauseCommand.self, ResumeCommand.self, UpgradeCommand.self,
            RestartCommand.self,
            RemoveCommand.self, SearchCommand.self, LinkCommand.self, LoginCommand.self, LogoutCommand.self,
            UserCommand.self, TokenCommand.self, AuditCommand.self, NodesCommand.self, DrainCommand.self,
            MigrateCommand.self, VersionCommand.self,
        ],
        defaultSubcommand: ServeCommand.self
    )
}

@main
enum Main {
    /// Not asynchronous: a keeper has no other thread than this one.
    static func main() {
        cpty_share_heaps()
        let arguments = Array(CommandLine.arguments.dropFirst())
        if KeeperRole.isWanted(for: arguments) { exit(KeeperRole.keep(arguments)) }
        Task { await run() }
        dispatchMain()
    }

    private static func run() async -> Never {
        do {
            try Spelling.checkVerb(CommandLine.arguments.dropFirst().first)
            var command = try Srun.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            exit(ExitCodes.ok.rawValue)
        } catch let failure as Failure {
            StandardError.say(failure.description)
            exit(failure.code.rawValue)
        } catch {
            Srun.exit(withError: error)
        }
    }
}
