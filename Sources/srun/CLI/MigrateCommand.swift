import ArgumentParser
import Foundation
import SrunKit
import StorePostgres

struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Bring the tables in PostgreSQL up to date without starting a server.",
        discussion: """
            A server does it by itself when it starts; this is for those who let nobody but an administrator change tables. The database \
            is the one of SRUN_DATABASE_URL, or of libpq's environment and files.
            """)

    @Option(
        name: .customLong("database-url"),
        help: ArgumentHelp("The database, without a password.", valueName: "url"))
    var databaseURL: String?

    func run() async throws {
        if let databaseURL, StoreLocation.holdsPassword(databaseURL) {
            throw ValidationError("--database-url \(StoreLocation.Refusal.password.problem)")
        }
        let address = databaseURL ?? ProcessInfo.processInfo.environment[Setting.databaseURL.variable] ?? ""
        do {
            let done = try await PostgresStore.migrate(address)
            for name in done { try StandardOutput.write("migrated: \(name)\n") }
            if done.isEmpty { try StandardOutput.write("The tables are up to date.\n") }
        } catch let error as StoreError {
            throw Failure(
                error.code == .unavailable ? .unavailable : ExitCodes(error.code),
                "\(error.description) Database: \(PostgresStore.display(address))")
        }
    }
}
