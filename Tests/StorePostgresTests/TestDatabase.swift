import Foundation
import StorePostgres
import SrunKit
import Synchronization

/// The server that `scripts/with-postgres.sh` has started for the tests. Without one the tests fail and say so: they are never
/// left out.
enum TestDatabase {
    struct Missing: Error, CustomStringConvertible {
        let description =
            "No PostgreSQL for the tests: run them by `make swift-test`, or through scripts/with-postgres.sh."
    }

    static var address: String { get throws { try variable("SRUN_TEST_POSTGRES") } }
    /// The same database through PgBouncer, which gives every transaction another session.
    static var pooledAddress: String { get throws { try variable("SRUN_TEST_PGBOUNCER") } }

    private static func variable(_ name: String) throws -> String {
        guard let value = ProcessInfo.processInfo.environment[name], !value.isEmpty else { throw Missing() }
        return value
    }

    private static let count = Mutex(0)

    /// A name that no other test has: every test has tables of its own.
    static func newSchema() -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        return "test_\(ProcessInfo.processInfo.processIdentifier)_\(number)"
    }
}
