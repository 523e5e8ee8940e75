import Foundation
import GRDB
import SrunKit
import Synchronization

/// Writes of many tasks, as many of them in one transaction as have arrived while the last one was written.
///
/// A write is a closure that looks first and changes the database only when it will succeed: what it throws is its own answer
/// and does not disturb the others. When the transaction itself fails, its writes are tried again one by one, so that one that
/// cannot be written does not take others with it.
///
/// Nothing waits in here but on the queue of the database's one writer; cancelling a task does not cancel its write.
final class GroupCommit: Sendable {
    enum Durability {
        /// Survives the end of the process; a loss of power may take the last second of it.
        case process
        /// Survives a loss of power.
        case power
    }

    private typealias Success = @Sendable () -> Void

    private struct Write: Sendable {
        let durability: Durability
        let bytes: Int
        let run: @Sendable (Database) throws -> Success
        let fail: @Sendable (StoreError) -> Void
    }

    private struct State {
        var waiting: [Write] = []
        var isDraining = false
        /// Why nothing is written any more.
        var refusal: StoreError?
        /// What was stored since the checkpointer was last told.
        var storedBytes = 0
        /// What `PRAGMA synchronous` of the writer says.
        var synchronous: Durability?
        var lastSync = ContinuousClock.now
        /// How many writes went into the last transaction.
        var lastCount = 0

        /// Takes the writes that go into the next transaction: at least one, when any waits.
        mutating func takeTransaction() -> [Write] {
            var bytes = 0
            let count = waiting.prefix(transactionWrites).prefix { write in
                defer { bytes += write.bytes }
                return bytes < transactionBytes
            }.count
            defer { waiting.removeFirst(count) }
            lastCount = count
            return Array(waiting.prefix(count))
        }
    }

    /// Bounds the memory that SQLite needs for one transaction, and how long the first write in it waits.
    private static let transactionBytes = 16 * 1024 * 1024
    private static let transactionWrites = 1024
    /// How much output a loss of power may take while output flows. One sync a second costs next to nothing.
    private static let syncInterval = Duration.seconds(1)
    /// How long a transaction waits for more writes where several came together the last time: a transaction writes every page it
    /// touches, and many jobs' writes touch the same. In microseconds. A write that comes alone does not wait.
    private static let gatheringTime: UInt32 = 1000

    private let pool: DatabasePool
    private let checkpointer: Checkpointer
    /// Asked before each transaction; throws when nothing may be written now.
    private let check: @Sendable () throws(StoreError) -> Void
    private let state = Mutex(State())

    init(_ pool: DatabasePool, _ checkpointer: Checkpointer, check: @escaping @Sendable () throws(StoreError) -> Void) {
        self.pool = pool
        self.checkpointer = checkpointer
        self.check = check
    }

    /// Performs one write, together with others, and returns when it is committed.
    ///
    /// - Parameter bytes: About how much memory it needs.
    func perform<Value: Sendable>(
        _ durability: Durability, bytes: Int = 0, _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws(StoreError) -> Value {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            add(
                Write(
                    durability: durability,
                    bytes: bytes,
                    run: { db in
                        let value = try body(db)
                        return { continuation.resume(returning: .success(value)) }
                    },
                    fail: { continuation.resume(returning: .failure($0)) }))
        }
        return try result.get()
    }

    /// Told by a write how many bytes it has given to the database, when they are more than a few: what is packed is smaller than
    /// it looked.
    func countStored(_ bytes: Int) { state.withLock { $0.storedBytes += bytes } }

    /// Refuses what comes after, and returns when everything before is written.
    func finish() async {
        _ = try? await perform(.power) { _ in }
        state.withLock { $0.refusal = StoreError(.unavailable, "The store is closed.") }
    }

    /// Why a write would be refused now.
    var fault: StoreError? {
        if let refusal = state.withLock({ $0.refusal }) { return refusal }
        do {
            try check()
            return nil
        } catch {
            return error
        }
    }

    private func add(_ write: Write) {
        let isFirst = state.withLock { state in
            state.waiting.append(write)
            defer { state.isDraining = true }
            return !state.isDraining
        }
        if isFirst { scheduleDrain() }
    }

    private func scheduleDrain() {
        pool.asyncWriteWithoutTransaction { [self] db in
            if state.withLock({ $0.lastCount > 1 }) { usleep(Self.gatheringTime) }
            let writes = state.withLock { $0.takeTransaction() }
            for (write, result) in zip(writes, commit(writes, db)) {
                switch result {
                case .success(let succeed): succeed()
                case .failure(let error): write.fail(error)
                }
            }
            let bytes = state.withLock { state in
                defer { state.storedBytes = 0 }
                return state.storedBytes
            }
            checkpointer.wrote(bytes, db) { [weak self] error in self?.refuse(after: error) }
            let isEmpty = state.withLock { state in
                state.isDraining = !state.waiting.isEmpty
                return state.waiting.isEmpty
            }
            // Scheduled anew, not looped: whoever else waits for the writer gets a turn.
            if !isEmpty { scheduleDrain() }
        }
    }

    private func commit(_ writes: [Write], _ db: Database) -> [Result<Success, StoreError>] {
        do {
            if let refusal = state.withLock({ $0.refusal }) { throw refusal }
            try check()
            try prepareSync(for: writes, db)
            var results: [Result<Success, StoreError>] = []
            try db.inTransaction(.immediate) {
                for write in writes {
                    do {
                        results.append(.success(try write.run(db)))
                    } catch let error as StoreError {
                        results.append(.failure(error))
                    }
                }
                return .commit
            }
            return results
        } catch let error as DatabaseError where writes.count > 1 && !error.concernsWholeDatabase {
            return writes.flatMap { commit([$0], db) }
        } catch {
            if (error as? DatabaseError)?.isFailedSync == true {
                refuse(after: error)
                disown(db)
            }
            let failure = StoreError(error)
            return writes.map { _ in .failure(failure) }
        }
    }

    /// Writes nothing more: after a failed sync nobody knows what of the earlier writes is on the disk.
    private func refuse(after error: any Error) {
        let refusal = StoreError(
            .unavailable, "The disk lost what was written to it; check it, then start srun again.", underlying: error)
        state.withLock { $0.refusal = refusal }
    }

    /// Sees to it that a transaction whose sync failed, and which was refused therefore, does not come to life at the next start.
    ///
    /// It stands whole in the log, only not in what this process takes for the log; a process that reads the log anew would find
    /// it. The next transaction is written over it, and every frame of the log is checked by a sum over all before it: so a small
    /// one ends the log. What a disk makes of this is its own affair; without a loss of power it holds.
    private func disown(_ db: Database) {
        do {
            try db.execute(sql: "PRAGMA synchronous = OFF")
            let version = try Int32.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            try db.execute(sql: "PRAGMA user_version = \(version &+ 1)")
        } catch {
            // Then the disk takes nothing at all.
        }
    }

    /// Has SQLite sync this transaction, and with it all before, when one of the writes asks for it or the last sync is long ago.
    private func prepareSync(for writes: [Write], _ db: Database) throws {
        let now = ContinuousClock.now
        let (wanted, present) = state.withLock { state in
            let isDue = writes.contains { $0.durability == .power } || now - state.lastSync >= Self.syncInterval
            if isDue { state.lastSync = now }
            defer { state.synchronous = isDue ? .power : .process }
            return (isDue ? Durability.power : .process, state.synchronous)
        }
        guard wanted != present else { return }
        try db.execute(sql: wanted == .power ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL")
    }
}
