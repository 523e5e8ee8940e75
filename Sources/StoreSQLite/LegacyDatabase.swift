import Foundation
import GRDB
import SrunKit

/// The file of the earlier tool that was called srun, too, on its way to a database of ours.
///
/// The steps: lock it against that tool, copy it (log and journal included), make a new database from the copy, and move that
/// into its place. The old file is only read, so until the last step, a rename, whatever goes wrong leaves it in place.
struct LegacyDatabase {
    let path: String

    /// Has SQLite undo what a process that died has begun, as the next program to open the file would have done.
    static func recover(_ path: String) throws(StoreError) {
        do {
            let queue = try DatabaseQueue(path: path, configuration: configuration())
            try queue.close()
        } catch {
            throw StoreError(error)
        }
    }

    /// - Returns: The path of the copy.
    func takeOver(node: String) throws(StoreError) -> String {
        do {
            let guardian = try locked()
            defer { try? guardian.close() }
            let backup = try backUp()
            do {
                var reading = Self.configuration()
                reading.readonly = true
                let source = try DatabaseQueue(path: DatabaseFile.immutableURI(backup), configuration: reading)
                defer { try? source.close() }
                try NewDatabase(path: path).create { target in
                    try source.read { source in
                        var copy = LegacyCopy(source: source, target: target, node: node)
                        try copy.run()
                    }
                    // Otherwise retention would take for too old what has just come.
                    try target.execute(sql: "INSERT INTO taken_over (at) VALUES (?)", arguments: [Date().column])
                }
            } catch {
                unlink(backup)
                throw error
            }
            return backup
        } catch {
            throw StoreError(error)
        }
    }

    /// Keeps the earlier tool, should it still run, from writing what nobody would ever read.
    ///
    /// Leaving WAL mode takes the log into the file. A log that stayed behind would be applied to the database that comes into
    /// its place.
    private func locked() throws -> DatabaseQueue {
        var configuration = Self.configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { db in
            guard try String.fetchOne(db, sql: "PRAGMA journal_mode = DELETE") == "delete" else {
                throw DatabaseError(resultCode: .SQLITE_BUSY)
            }
            try db.beginTransaction(.immediate)
        }
        return queue
    }

    /// Copies page by page into a file that gets its name when it is whole.
    private func backUp() throws -> String {
        let draft = path + ".backup.new"
        let backup = freeName(path + ".backup-" + Self.timestamp())
        do {
            try PrivateFile.create(at: draft)
            var reading = Self.configuration()
            reading.readonly = true
            let source = try DatabaseQueue(path: path, configuration: reading)
            defer { try? source.close() }
            let target = try DatabaseQueue(path: draft, configuration: Self.configuration())
            do {
                defer { try? target.close() }
                try source.backup(to: target)
            }
            try PrivateFile.sync(draft)
            guard rename(draft, backup) == 0 else { throw PrivateFile.failure(backup) }
        } catch {
            unlink(draft)
            throw error
        }
        return backup
    }

    private func freeName(_ name: String) -> String {
        var candidate = name
        var number = 1
        while access(candidate, F_OK) == 0 {
            number += 1
            candidate = "\(name)-\(number)"
        }
        return candidate
    }

    private static func timestamp() -> String {
        Date().formatted(Date.ISO8601FormatStyle(dateSeparator: .omitted, timeSeparator: .omitted))
    }

    private static func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(SQLiteStore.busyTimeout)
        // The earlier tool left output of jobs that are gone.
        configuration.foreignKeysEnabled = false
        return configuration
    }
}
