import ArgumentParser

struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of this program.")

    func run() throws {
        let build = BuildInfo.current
        try StandardOutput.write("srun \(build.version) (\(build.commit), \(build.date))\n")
    }
}
