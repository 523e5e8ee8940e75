extension PostgresSchema {
    var users: String { table("users") }
    var tokens: String { table("tokens") }
    var sessions: String { table("sessions") }
    var audit: String { table("audit") }

    /// As whom an OpenID Connect issuer knows a user: nobody else is that.
    var identities: [String] {
        [
            """
            ALTER TABLE \(users) ADD COLUMN issuer text COLLATE "C", ADD COLUMN subject text COLLATE "C",
                ADD CHECK ((issuer IS NULL) = (subject IS NULL))
            """,
            "CREATE UNIQUE INDEX users_by_identity ON \(users) (issuer, subject) WHERE issuer IS NOT NULL",
        ]
    }

    /// Who may come in, and what they did. Of secrets, digests only.
    var access: [String] {
        [
            "ALTER TABLE \(jobs) ADD COLUMN stopped_by text",
            """
            CREATE TABLE \(users) (
                name text COLLATE "C" PRIMARY KEY,
                role text COLLATE "C" NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
                password_hash text,
                created_at int8 NOT NULL,
                last_sign_in_at int8,
                disabled bool NOT NULL DEFAULT false
            )
            """,
            """
            CREATE TABLE \(tokens) (
                id text COLLATE "C" PRIMARY KEY,
                digest text COLLATE "C" NOT NULL UNIQUE,
                name text NOT NULL,
                user_name text COLLATE "C" REFERENCES \(users) (name) ON DELETE CASCADE,
                role text COLLATE "C" NOT NULL CHECK (role IN ('viewer', 'operator', 'admin')),
                prefix text NOT NULL,
                created_at int8 NOT NULL,
                expires_at int8,
                last_used_at int8
            )
            """,
            "CREATE INDEX tokens_by_user ON \(tokens) (user_name)",
            """
            CREATE TABLE \(sessions) (
                digest text COLLATE "C" PRIMARY KEY,
                user_name text COLLATE "C" REFERENCES \(users) (name) ON DELETE CASCADE,
                granted_by text COLLATE "C",
                created_at int8 NOT NULL,
                last_used_at int8 NOT NULL
            )
            """,
            "CREATE INDEX sessions_by_user ON \(sessions) (user_name)",
            """
            CREATE TABLE \(audit) (
                id int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                time int8 NOT NULL,
                user_name text COLLATE "C",
                address text,
                action text COLLATE "C" NOT NULL,
                job text COLLATE "C",
                detail text,
                result text NOT NULL
            )
            """,
            """
            CREATE FUNCTION \(table("refuse_change"))() RETURNS trigger LANGUAGE plpgsql AS
            $$ BEGIN RAISE EXCEPTION 'the audit is append-only'; END $$
            """,
            """
            CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON \(audit)
            FOR EACH STATEMENT EXECUTE FUNCTION \(table("refuse_change"))()
            """,
        ]
    }
}
