import SrunKit

/// Brings the tables to what this version needs. Safe with many servers at once: one does it, the others wait and find it done.
struct PostgresMigrator: Sendable {
    let schema: PostgresSchema
    let pool: ConnectionPool

    private var versions: String { schema.table("schema_versions") }

    /// - Returns: The names of what was done.
    @discardableResult
    func migrate() async throws(StoreError) -> [String] {
        do {
            // The usual case: everything is there, and no lock is taken.
            if let applied = try await applied(), applied.count >= schema.migrations.count { return [] }
            return try await pool.withConnection { connection async throws(PQFailure) in
                try await migrate(on: connection)
            }
        } catch let error as StoreError {
            throw error
        } catch let error as PQFailure {
            throw StoreError(error)
        } catch {
            throw StoreError(.unavailable, "The database cannot be prepared.", underlying: error)
        }
    }

    /// Which migrations the database has; nil when it is not srun's yet.
    func applied() async throws -> [String]? {
        let encoding = try await pool.performAgain([PQStatement("SELECT current_setting('server_encoding')")])
        if let encoding = encoding.first?.first?.text(at: 0), encoding != "UTF8" {
            throw StoreError(
                .cannotCreate, "The database has the encoding \(encoding); srun needs one with the encoding UTF8.")
        }
        let found = try await pool.performAgain([PQStatement("SELECT to_regclass($1) IS NOT NULL", [.text(versions)])])
        guard found.first?.first?.bool(at: 0) == true else { return nil }
        let rows = try await pool.performAgain([
            PQStatement("SELECT name, oldest_reader FROM \(versions) ORDER BY version")
        ])
        let known = schema.migrations.count
        for row in rows.first?.rows ?? [] where (row.int("oldest_reader") ?? .max) > Int64(known) {
            throw StoreError(
                .newerSchema, "A newer version of srun has changed the database; use that version on this node too.")
        }
        return rows.first?.rows.compactMap { $0.text("name") } ?? []
    }

    /// The lock ends with the transaction, so it also holds behind PgBouncer, and never stays behind.
    private func migrate(on connection: PQConnection) async throws(PQFailure) -> [String] {
        _ = try await connection.perform(
            [
                .begin(),
                PQStatement("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", [.text("srun \(schema.name)")]),
                PQStatement("CREATE SCHEMA IF NOT EXISTS \(schema.quoted)"),
                PQStatement(
                    """
                    CREATE TABLE IF NOT EXISTS \(versions) (
                        version int4 PRIMARY KEY, name text NOT NULL, oldest_reader int4 NOT NULL,
                        applied_at timestamptz NOT NULL DEFAULT clock_timestamp())
                    """),
            ], limit: .seconds(120))
        let present = try await connection.perform([PQStatement("SELECT count(*) FROM \(versions)")])
        let count = Int(present.first?.first?.int(at: 0) ?? 0)
        var done: [String] = []
        for (index, migration) in schema.migrations.enumerated().dropFirst(count) {
            _ = try await connection.perform(migration.statements.map { PQStatement($0) }, limit: .seconds(600))
            _ = try await connection.perform([
                PQStatement(
                    "INSERT INTO \(versions) (version, name, oldest_reader) VALUES ($1::int8::int4, $2, $3::int8::int4)",
                    [.int(Int64(index + 1)), .text(migration.name), .int(Int64(PostgresSchema.oldestReader))])
            ])
            done.append(migration.name)
        }
        _ = try await connection.perform([.commit])
        return done
    }
}
