import GRDB

extension SQLiteSchema {
    /// Who may come in, and what they did. Of secrets, digests only.
    static func createAccess(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE jobs ADD COLUMN stopped_by TEXT;

                CREATE TABLE users (
                    name TEXT PRIMARY KEY NOT NULL,
                    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
                    password_hash TEXT,
                    created_at INTEGER NOT NULL,
                    last_sign_in_at INTEGER,
                    disabled INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1))
                ) STRICT;

                CREATE TABLE tokens (
                    id TEXT PRIMARY KEY NOT NULL,
                    digest TEXT NOT NULL UNIQUE,
                    name TEXT NOT NULL,
                    user TEXT REFERENCES users (name) ON DELETE CASCADE,
                    role TEXT NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
                    prefix TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    expires_at INTEGER,
                    last_used_at INTEGER
                ) STRICT;

                CREATE INDEX tokens_by_user ON tokens (user);

                CREATE TABLE sessions (
                    digest TEXT PRIMARY KEY NOT NULL,
                    user TEXT REFERENCES users (name) ON DELETE CASCADE,
                    granted_by TEXT,
                    created_at INTEGER NOT NULL,
                    last_used_at INTEGER NOT NULL
                ) STRICT;

                CREATE INDEX sessions_by_user ON sessions (user);

                CREATE TABLE audit (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    time INTEGER NOT NULL,
                    user TEXT,
                    address TEXT,
                    action TEXT NOT NULL,
                    job TEXT,
                    detail TEXT,
                    result TEXT NOT NULL
                ) STRICT;

                CREATE TRIGGER audit_is_never_changed BEFORE UPDATE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;

                CREATE TRIGGER audit_is_never_removed BEFORE DELETE ON audit
                BEGIN SELECT RAISE(ABORT, 'the audit is append-only'); END;
                """)
    }

    /// As whom an OpenID Connect issuer knows a user: nobody else is that.
    static func prepareIdentities(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE users ADD COLUMN issuer TEXT;
                ALTER TABLE users ADD COLUMN subject TEXT CHECK ((issuer IS NULL) = (subject IS NULL));
                CREATE UNIQUE INDEX users_by_identity ON users (issuer, subject) WHERE issuer IS NOT NULL
                """)
    }
}
