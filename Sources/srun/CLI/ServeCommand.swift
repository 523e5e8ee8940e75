import ArgumentParser
import Foundation
import SrunKit

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve",
        abstract: "Start the server. This is what srun does without a verb.",
        discussion: """
            Every flag can also be given as a variable (--log-level as SRUN_LOG_LEVEL) or in the configuration file \
            ({"log-level": "debug"}). A flag counts more than a variable, and a variable more than the file.
            """
    )

    @OptionGroup var options: ServeOptions

    func run() async throws {
        ProcessSafety.establish()
        let keeper = KeeperClient.fromEnvironment()
        let environment = ProcessInfo.processInfo.environment
        do {
            let configuration = try Self.configuration(flags: options.layer, environment: environment)
            try await App(configuration, environment: environment, keeper: keeper).run()
        } catch let error as SettingError {
            switch error.origin {
            case .flags, .environment: throw Self.misuse(error.description)
            case .file: throw Failure(.badData, error.description)
            }
        } catch let error as ServerError where error.code == .invalidConfiguration {
            throw Self.misuse(error.description)
        }
    }

    /// Settings are read too late for the parser to tell whose usage it is.
    private static func misuse(_ problem: String) -> Failure {
        Failure(.usage, "\(problem). Usage: srun serve <options>, see srun serve --help")
    }

    static func configuration(flags: SettingLayer, environment: [String: String]) throws -> Configuration {
        let folder = FileManager.default.currentDirectoryPath
        let variables = SettingLayer(environment: environment)
        let named = try SettingLayers([flags, variables]).text(.config)
        let file = try ConfigurationFile.layer(named: named, environment: environment, currentFolder: folder)
        return try Configuration(
            SettingLayers([flags, variables, file]), environment: environment, currentFolder: folder)
    }
}
