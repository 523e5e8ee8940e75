import SrunKit

extension StoreError {
    /// What a failure of PostgreSQL means to those who use a store: the one place where that is decided. The sentence of the
    /// server stays with the error for the log; it may hold values, so it is not shown.
    init(_ failure: PQFailure) {
        switch failure.state {
        case "28P01", "28000":
            self.init(
                .accessDenied, "PostgreSQL does not let srun in: check user, password and pg_hba.conf.",
                underlying: failure)
        case "3D000":
            self.init(.unreachable, "The database does not exist; make it with createdb.", underlying: failure)
        case PQTarget.unencrypted:
            self.init(
                .insecure,
                "The connection to PostgreSQL on another machine is not encrypted; set sslmode=require, or sslmode=disable if that is meant.",
                underlying: failure)
        case PQConnection.noLibrary:
            self.init(
                .unreachable,
                "PostgreSQL's client library, libpq.so.5 of version 14 or newer, is not installed (Debian's package is libpq5).",
                underlying: failure)
        case "42501":
            self.init(.accessDenied, "The user may not use the tables of srun in the database.", underlying: failure)
        case "25006":
            self.init(
                .unavailable, "PostgreSQL takes no writes: srun is connected to a standby.", underlying: failure)
        case "53100": self.init(.full, "The disk of PostgreSQL is full; make room or remove jobs.", underlying: failure)
        case "XX001", "XX002":
            self.init(.corrupt, "The database is damaged; restore it from a backup.", underlying: failure)
        default:
            self.init(.unavailable, "PostgreSQL does not answer now; try again.", underlying: failure)
        }
    }

    static var damagedRow: StoreError {
        StoreError(.corrupt, "A job in the database cannot be read; restore the database from a backup.")
    }

    /// What was written by a node that may not write any more.
    static var fenced: StoreError {
        StoreError(.fenced, "This node has lost its lease; it writes again once it has renewed it.")
    }
}
