import GRDB
import SrunKit
import Synchronization

/// Takes the write-ahead log into the database on a connection of its own, beside the writer, so that no append has to wait for
/// it (docs/decisions/0010).
///
/// Beside a writer that never pauses the log does not end: it starts anew only when all of it was taken over and nothing was
/// added meanwhile. So when it has become long, the writer does the rest itself.
final class Checkpointer: Sendable {
    private struct State {
        var bytesSinceStart = 0
        var isRunning = false
        var isLogLong = false
        var isClosed = false
    }

    private static let stepBytes = 16 * 1024 * 1024
    private static let longLogBytes = 256 * 1024 * 1024
    /// Each transaction writes some pages besides output: of tables, and of indexes.
    private static let transactionBytes = 3 * SQLiteSchema.pageBytes

    private let connection: DatabaseQueue
    private let state = Mutex(State())

    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "srun.store.checkpoint"
        connection = try DatabaseQueue(path: path, configuration: configuration)
    }

    /// Called by the writer after each transaction.
    ///
    /// - Parameter fail: Called when what was acknowledged before may be lost.
    func wrote(_ bytes: Int, _ writer: Database, fail: @escaping @Sendable (any Error) -> Void) {
        let (isDue, isLogLong) = state.withLock { state in
            state.bytesSinceStart += bytes + Self.transactionBytes
            guard state.bytesSinceStart >= Self.stepBytes, !state.isRunning else { return (false, false) }
            state.bytesSinceStart = 0
            state.isRunning = true
            return (true, state.isLogLong)
        }
        guard isDue else { return }
        if isLogLong {
            run(on: writer, fail)
        } else {
            connection.asyncWriteWithoutTransaction { [self] db in run(on: db, fail) }
        }
    }

    private func run(on db: Database, _ fail: (any Error) -> Void) {
        // The writer says so after it has answered whoever waits for its last write, who may have closed all meanwhile.
        guard !state.withLock({ $0.isClosed }) else { return }
        var isLogLong = false
        do {
            let log = try db.checkpoint(.passive)
            isLogLong = log.walFrameCount > Self.longLogBytes / SQLiteSchema.pageBytes
        } catch {
            // Busy is no trouble: the next one does the work of both.
            if (error as? DatabaseError)?.isFailedSync == true { fail(error) }
        }
        state.withLock { state in
            state.isRunning = false
            state.isLogLong = isLogLong
        }
    }

    /// Waits for a checkpoint that is under way; none begins afterwards.
    func close() {
        state.withLock { $0.isClosed = true }
        try? connection.close()
    }
}
