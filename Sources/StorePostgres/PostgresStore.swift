public import SrunKit
import Synchronization

/// Keeps jobs and output in one PostgreSQL database, which many servers may share.
///
/// **Writing.** Output of all jobs that arrives while a transaction is under way goes into the next one. Everything is idempotent:
/// after a connection broke in the middle, the same is written again.
///
/// **Durability.** What was acknowledged is committed; what a crash of the database server may take is up to its
/// `synchronous_commit`.
///
/// **Blocking.** libpq is C that waits; it does so on threads of its own (``PQConnection``).
///
/// **Cancellation** of a task does not cancel its call.
public final class PostgresStore: Sendable {
    let schema: PostgresSchema
    let pool: ConnectionPool
    let writer: OutputWriter
    let target: PQTarget
    /// Set when this store writes for a node of a team.
    let membership = Mutex<Membership?>(nil)

    let lease = Mutex(Duration.seconds(30))
    let listener: Listener
    /// Nil where nothing may wait beside the database.
    let drain: SpoolDrain?
    let doubts = Mutex(Doubts())
    /// Why the last write was not carried out, where that was the database's doing.
    let writeFault = Mutex<StoreError?>(nil)
    private let closed = Mutex(false)
    var isClosed: Bool { closed.withLock { $0 } }

    /// In whose name something is written. Every write of a job that runs is refused when the node has another epoch by now, or
    /// its lease has run out.
    struct Membership: Hashable, Sendable {
        let node: String
        let epoch: Int64
    }

    var member: Membership? { membership.withLock { $0 } }

    public static let standardSchema = "srun"

    /// Opens the database and brings its tables up to date.
    ///
    /// - Parameters:
    ///   - address: A URL (`postgres://...`) or `key=value` pairs as libpq takes them; empty for libpq's own environment.
    ///   - schema: Where the tables are.
    ///   - connections: How many are opened at most, besides the one that listens.
    ///   - spool: A folder of this server's own, where output waits while the database is away.
    /// - Throws: ``StoreError`` with code `unreachable`, `accessDenied`, `insecure`, `newerSchema`, `cannotCreate` or
    ///   `unavailable`.
    public static func open(
        _ address: String, schema: String = standardSchema, connections: Int = 4, spool: String? = nil
    ) async throws(StoreError) -> PostgresStore {
        let files: OutputSpool? = if let spool { try OutputSpool(folder: spool) } else { nil }
        let store = PostgresStore(address, schema: schema, connections: connections, spool: files)
        do {
            try await PostgresMigrator(schema: store.schema, pool: store.pool).migrate()
        } catch {
            await store.close()
            throw error
        }
        return store
    }

    /// Brings the tables up to date and nothing else.
    ///
    /// - Returns: The names of what was done.
    public static func migrate(_ address: String, schema: String = standardSchema) async throws(StoreError) -> [String]
    {
        let store = PostgresStore(address, schema: schema, connections: 2, spool: nil)
        let result: Result<[String], StoreError>
        do {
            result = .success(try await PostgresMigrator(schema: store.schema, pool: store.pool).migrate())
        } catch {
            result = .failure(error)
        }
        await store.close()
        return try result.get()
    }

    /// Where the data is, for people: without a password.
    public static func display(_ address: String) -> String { PQTarget(text: address).display }

    private init(_ address: String, schema: String, connections: Int, spool: OutputSpool?) {
        drain = spool.map { SpoolDrain($0) }
        target = PQTarget(text: address)
        self.schema = PostgresSchema(name: schema)
        pool = ConnectionPool(target, limit: max(2, connections))
        listener = Listener(target, schema: self.schema, pool: pool)
        writer = OutputWriter(pool: pool, schema: self.schema)
    }

    public func close() async {
        closed.withLock { $0 = true }
        await writer.finish()
        await pool.close()
    }

    /// Reads; once more when the connection broke.
    func read(_ statements: [PQStatement]) async throws(StoreError) -> [PQResult] {
        do {
            return try await pool.performAgain(statements)
        } catch {
            throw StoreError(error)
        }
    }

    func read(_ statement: PQStatement) async throws(StoreError) -> [PQRow] {
        try await read([statement]).first?.rows ?? []
    }

    /// Writes in one transaction: looks first, decides, then changes. Carried out once more when the connection broke, so what it
    /// does must be idempotent.
    func transaction<Value: Sendable>(
        _ look: [PQStatement], _ decide: @escaping @Sendable ([PQResult]) throws(StoreError) -> (Value, [PQStatement])
    ) async throws(StoreError) -> Value {
        var attempt = 0
        while true {
            attempt += 1
            do {
                let result = try await pool.withConnection {
                    (connection) async throws(PQFailure) -> Result<Value, StoreError> in
                    let found = try await connection.perform([.begin(), .limits] + look)
                    do {
                        let (value, changes) = try decide(Array(found.dropFirst(2)))
                        _ = try await connection.perform(changes + [.commit])
                        return .success(value)
                    } catch let error as StoreError {
                        _ = try await connection.perform([.rollback])
                        return .failure(error)
                    } catch let error as PQFailure {
                        throw error
                    } catch {
                        throw .connection("\(error)")
                    }
                }
                return try result.get()
            } catch let error as StoreError {
                throw error
            } catch let error as PQFailure {
                guard error.isTransient, attempt < 2 else { throw StoreError(error) }
            } catch {
                throw StoreError(.unavailable, "PostgreSQL does not answer now; try again.", underlying: error)
            }
        }
    }

    /// The row of the node, locked against a change of its epoch but not against a renewal; no row when its lease is over.
    ///
    /// - Parameter first: The number of its first placeholder.
    static func fence(_ membership: Membership?, _ schema: PostgresSchema, from first: Int = 1) -> PQStatement {
        guard let membership else { return PQStatement("SELECT 1") }
        return PQStatement(
            """
            SELECT 1 FROM \(schema.nodes)
            WHERE name = $\(first) AND epoch = $\(first + 1) AND lease_until > clock_timestamp() FOR KEY SHARE
            """, [.text(membership.node), .int(membership.epoch)])
    }
}
