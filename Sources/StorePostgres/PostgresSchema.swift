import SrunKit

/// The tables, and how they came to be.
///
/// Names and columns are those of the SQLite store where it has them. What is here is in other people's databases: a change is
/// a new migration at the end, never an edit of an old one. For one release the version before must be able to work with the new
/// tables, so a migration only adds; ``oldestReader`` is raised one release after something was taken away.
///
/// Every name is written with its schema: nothing depends on `search_path`, which PgBouncer may give to somebody else.
struct PostgresSchema: Sendable {
    let name: String

    /// Quoted, for use in statements.
    var quoted: String {
        "\"" + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    func table(_ table: String) -> String { "\(quoted).\(table)" }

    var jobs: String { table("jobs") }
    var output: String { table("job_logs") }
    var changes: String { table("changes") }
    var nodes: String { table("nodes") }
    var requests: String { table("requests") }

    /// The lowest version of this list that a program must know to use the tables as they are now.
    static let oldestReader = 1

    struct Migration {
        let name: String
        let statements: [String]
    }

    var migrations: [Migration] {
        [
            Migration(name: "1 jobs, output and nodes", statements: jobsAndOutput + team),
            Migration(name: "2 access", statements: access),
            Migration(name: "3 search and sizes", statements: search + sizes),
            Migration(name: "4 disk and tries", statements: retries),
            Migration(name: "5 usage", statements: usages),
            Migration(name: "6 issued identities", statements: identities),
            Migration(name: "7 duration", statements: durations),
        ]
    }

    /// Times of jobs are microseconds since 1970. `spec` holds, as JSON, what no other column says about what to run. The columns
    /// from `epoch` on are what a claim asks for.
    private var jobsAndOutput: [String] {
        [
            """
            CREATE TABLE \(jobs) (
                id text COLLATE "C" PRIMARY KEY,
                command text NOT NULL,
                pid int4,
                status text COLLATE "C" NOT NULL CHECK (
                    status IN ('queued', 'running', 'completed', 'failed', 'stopped', 'timeout', 'lost')),
                created_at int8 NOT NULL,
                stopped_at int8,
                exit_code int4,
                started_at int8,
                signal int4,
                reason text,
                node text COLLATE "C" NOT NULL,
                restart_of text COLLATE "C",
                created_by text COLLATE "C",
                name text,
                tags text[] NOT NULL DEFAULT '{}',
                spec text NOT NULL,
                output_bytes int8 NOT NULL DEFAULT 0,
                gap_start int8,
                dropped_bytes int8 NOT NULL DEFAULT 0,
                user_seconds float8,
                system_seconds float8,
                max_resident_bytes int8,
                epoch int8 NOT NULL DEFAULT 0,
                wanted_node text COLLATE "C",
                wanted_label text COLLATE "C",
                priority int4 NOT NULL DEFAULT 0,
                group_name text COLLATE "C",
                group_limit int4,
                claim int8
            )
            """,
            "CREATE INDEX jobs_by_creation ON \(jobs) (created_at, id, status)",
            // What few jobs have is found among many.
            "CREATE INDEX jobs_by_node ON \(jobs) (node, created_at, id)",
            "CREATE INDEX jobs_by_creator ON \(jobs) (created_by, created_at, id) WHERE created_by IS NOT NULL",
            "CREATE INDEX jobs_by_tag ON \(jobs) USING gin (tags)",
            """
            CREATE INDEX jobs_unfinished ON \(jobs) (node, created_at, id) WHERE status IN ('queued', 'running')
            """,
            """
            CREATE INDEX jobs_finished ON \(jobs) (stopped_at, id) INCLUDE (output_bytes, dropped_bytes)
            WHERE status NOT IN ('queued', 'running')
            """,
            """
            CREATE INDEX jobs_queued ON \(jobs) (priority DESC, created_at, id) WHERE status = 'queued'
            """,
            """
            CREATE INDEX jobs_grouped ON \(jobs) (group_name)
            WHERE group_name IS NOT NULL AND status IN ('queued', 'running')
            """,
            """
            CREATE TABLE \(output) (
                job_id text COLLATE "C" NOT NULL REFERENCES \(jobs) (id) ON DELETE CASCADE,
                "offset" int8 NOT NULL,
                created_at int8 NOT NULL,
                log_level text COLLATE "C" NOT NULL CHECK (log_level IN ('stdout', 'stderr')),
                content bytea NOT NULL,
                PRIMARY KEY (job_id, "offset")
            )
            """,
            // Four times as fast as what PostgreSQL compresses with otherwise; not every server was built with it.
            """
            DO $$ BEGIN
                ALTER TABLE \(output) ALTER COLUMN content SET COMPRESSION lz4;
            EXCEPTION WHEN feature_not_supported OR invalid_parameter_value THEN NULL;
            END $$
            """,
        ]
    }

    /// How long a job had run, by a clock that nobody sets. Of older jobs only the times are known.
    private var durations: [String] { ["ALTER TABLE \(jobs) ADD COLUMN ran_for int8"] }

    /// What a job moved from and to disks, and when it is to be tried again.
    private var retries: [String] {
        [
            """
            ALTER TABLE \(jobs) ADD COLUMN read_bytes int8, ADD COLUMN written_bytes int8, ADD COLUMN retry_at int8
            """,
            "CREATE INDEX jobs_to_retry ON \(jobs) (node, retry_at, id) WHERE retry_at IS NOT NULL",
        ]
    }

    /// Leases are on the database's clock and nobody else's. The unique pair of name and epoch makes a change of the epoch wait
    /// for the writes that were begun under the old one, and a renewal wait for none (docs/decisions/0061).
    private var team: [String] {
        [
            """
            CREATE TABLE \(nodes) (
                name text COLLATE "C" PRIMARY KEY,
                epoch int8 NOT NULL,
                machine text NOT NULL,
                version text NOT NULL,
                address text NOT NULL,
                labels text[] NOT NULL DEFAULT '{}',
                capacity int4 NOT NULL,
                running int4 NOT NULL DEFAULT 0,
                is_draining bool NOT NULL DEFAULT false,
                has_left bool NOT NULL DEFAULT false,
                heartbeat_at timestamptz NOT NULL,
                lease_until timestamptz NOT NULL,
                UNIQUE (name, epoch)
            )
            """,
            // What has become of which job, for whoever shows jobs. A row is deleted some minutes later.
            """
            CREATE TABLE \(changes) (
                number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                xact int8 NOT NULL,
                job_id text COLLATE "C" NOT NULL,
                node text COLLATE "C" NOT NULL,
                at timestamptz NOT NULL DEFAULT clock_timestamp()
            )
            """,
            "CREATE INDEX changes_by_xact ON \(changes) (xact)",
            // What one node asks another to do. The answer stands in the same row.
            """
            CREATE TABLE \(requests) (
                number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                target text COLLATE "C" NOT NULL,
                sender text COLLATE "C" NOT NULL,
                body text NOT NULL,
                answer text,
                is_taken bool NOT NULL DEFAULT false,
                at timestamptz NOT NULL DEFAULT clock_timestamp()
            )
            """,
            "CREATE INDEX requests_open ON \(requests) (target, number) WHERE NOT is_taken",
        ]
    }
}
