import Dispatch
import Foundation
import GRDB
public import SrunKit
import Synchronization

/// Keeps jobs and output in one SQLite file on this machine.
///
/// **Writing.** One writer; what arrives while it is busy is written in one transaction ("group commit").
///
/// **Durability.** Everything that was acknowledged survives the end of the process. A loss of power loses no change of a job
/// that was acknowledged, and of the output at most the last second while output flows, or what the kernel had not written back
/// yet (30 s as Linux is set up) after it fell quiet. docs/decisions/0012 has the reasons.
///
/// **Space.** Room of removed output is used again for new output; the file does not become smaller (docs/decisions/0041).
///
/// **Cancellation** of a task does not cancel its call.
public final class SQLiteStore: Sendable {
    static let busyTimeout: TimeInterval = 5

    /// Where the database of the earlier tool was copied to before this call of ``open(at:node:initializeEmpty:)`` took it over.
    public let backupOfEarlierTool: String?

    let pool: DatabasePool
    let writer: GroupCommit
    private let checkpointer: Checkpointer
    private let lock: DatabaseLock
    private let isClosed = Mutex(false)

    /// Opens the database at a path, making it when there is none.
    ///
    /// A database of the earlier tool is copied to `<path>.backup-<time>` and taken over. Any other file is left as it is, to the
    /// last byte. New files can be read by their owner only.
    ///
    /// - Parameters:
    ///   - node: The name of this node: what jobs of the earlier tool get as theirs.
    ///   - initializeEmpty: Whether a file of zero bytes becomes a new database. Otherwise it is refused, because it is more
    ///     likely what a crash or a full disk has left of one.
    ///   - owner: The process that people see as the one that has the database open: this one, or the one that keeps it running.
    ///   - lock: A copy of what ``shareLock()`` of an earlier store gave, which is taken over.
    /// - Throws: ``StoreError`` with code `locked` (the sentence names the process that has it open), `corrupt`, `newerSchema`,
    ///   `cannotCreate`, `unsafePermissions`, `full` or `unavailable`.
    public static func open(
        at path: String, node: String, initializeEmpty: Bool = false, owner: Int32? = nil, lock: Int32? = nil
    ) async throws(StoreError) -> SQLiteStore {
        let result = await offCooperativePool {
            Result { () throws(StoreError) in
                try SQLiteStore(
                    path: path, node: node, initializeEmpty: initializeEmpty, owner: owner ?? getpid(), taking: lock)
            }
        }
        return try result.get()
    }

    /// A descriptor that stands for the right to use the database. From now on whoever has a copy of it has that right, also when
    /// this store is closed.
    public func shareLock() -> Int32 { lock.share() }

    private init(
        path: String, node: String, initializeEmpty: Bool, owner: Int32, taking held: CInt?
    ) throws(StoreError) {
        let file = try DatabaseFile(path: path)
        try file.checkPlace()
        lock = try DatabaseLock(databasePath: file.path, owner: owner, taking: held)
        var content = try file.content()
        if content == .interrupted {
            try LegacyDatabase.recover(file.path)
            content = try file.content()
        }
        switch content {
        case .absent:
            try file.checkNothingIsLeftOver()
            try NewDatabase(path: file.path).create()
            backupOfEarlierTool = nil
        case .empty:
            guard initializeEmpty else {
                throw StoreError(
                    .corrupt, "\(file.path) is empty; restore it from a backup, or have it made anew with --init.")
            }
            try file.checkNothingIsLeftOver()
            try NewDatabase(path: file.path).create()
            backupOfEarlierTool = nil
        case .earlierTool:
            backupOfEarlierTool = try LegacyDatabase(path: file.path).takeOver(node: node)
        case .current:
            backupOfEarlierTool = nil
        case .interrupted:
            throw StoreError(.unavailable, "The database \(file.path) was left in the middle of a write; try again.")
        }
        do {
            pool = try DatabasePool(path: file.path, configuration: Self.configuration)
            try SQLiteSchema.migrator.migrate(pool)
            checkpointer = try Checkpointer(path: file.path)
        } catch {
            throw StoreError(error)
        }
        let identity = file.identity()
        writer = GroupCommit(pool, checkpointer) { () throws(StoreError) in
            // Writing on into a file that nobody can find any more would lose all of it.
            guard file.identity() == identity else {
                throw StoreError(.unavailable, "The database \(file.path) was moved or replaced; put it back.")
            }
        }
    }

    /// Releases files, lock and connections, after everything that was begun is written.
    public func close() async {
        guard isClosed.withLock({ isClosed in !exchange(&isClosed, with: true) }) else { return }
        await writer.finish()
        await offCooperativePool { [pool, checkpointer, lock] in
            checkpointer.close()
            try? pool.close()
            lock.release()
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "srun.store"
        configuration.busyMode = .timeout(busyTimeout)
        configuration.maximumReaderCount = 4
        configuration.prepareDatabase { db in
            if !db.configuration.readonly {
                // Checkpointer does it.
                _ = try Int.fetchOne(db, sql: "PRAGMA wal_autocheckpoint = 0")
                // What a long reader made the log grow beyond that is given back.
                _ = try Int.fetchOne(db, sql: "PRAGMA journal_size_limit = 67108864")
                // Removed output is overwritten only where that needs no further page.
                _ = try String.fetchOne(db, sql: "PRAGMA secure_delete = FAST")
            }
        }
        return configuration
    }

    /// Reads from a consistent state of the database. Many reads run at once, and none waits for the writer.
    func read<Value: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            pool.asyncRead { database in
                continuation.resume(returning: Result { try body(database.get()) })
            }
        }
        do {
            return try result.get()
        } catch {
            throw StoreError(error)
        }
    }
}

/// Runs what blocks on a thread that may block.
func offCooperativePool<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: body()) }
    }
}
