import GRDB

/// The tables, and how they came to be.
///
/// Names and columns are those of the earlier tool where it had them. What is here is on other people's disks: a change is a
/// new migration at the end, never an edit of an old one.
enum SQLiteSchema {
    /// "srun" in ASCII; lets `file(1)` and us tell the database from one of another program.
    static let applicationID: Int32 = 0x7372_756e

    /// Large pages keep a row of output in few of them: half the processor time of 4 KiB pages (docs/decisions/0010).
    static let pageBytes = 16_384

    static let migrator: DatabaseMigrator = {
        // Every migration checks its foreign keys itself: the check of the whole database that is the default reads all of it.
        var migrator = DatabaseMigrator().disablingDeferredForeignKeyChecks()
        migrator.registerMigration("1 jobs and output", migrate: createJobsAndOutput)
        migrator.registerMigration("2 retention", migrate: prepareRetention)
        migrator.registerMigration("3 who asked", migrate: prepareFilters)
        migrator.registerMigration("4 output quota", migrate: prepareGaps)
        migrator.registerMigration("5 access", migrate: createAccess)
        migrator.registerMigration("6 search", migrate: SearchIndex.createTables)
        migrator.registerMigration("7 terminal sizes", migrate: createSizes)
        migrator.registerMigration("8 usage", migrate: createUsage)
        migrator.registerMigration("9 disk and tries", migrate: prepareRetries)
        migrator.registerMigration("10 issued identities", migrate: prepareIdentities)
        migrator.registerMigration("11 packed output", migrate: preparePacking)
        migrator.registerMigration("12 duration", migrate: prepareDurations)
        return migrator
    }()

    /// What a job moved from and to disks, and when it is to be tried again.
    private static func prepareRetries(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE jobs ADD COLUMN read_bytes INTEGER;
                ALTER TABLE jobs ADD COLUMN written_bytes INTEGER;
                ALTER TABLE jobs ADD COLUMN retry_at INTEGER;
                CREATE INDEX jobs_to_retry ON jobs (node, retry_at, id) WHERE retry_at IS NOT NULL
                """)
    }

    /// How long `content` is once it is unpacked; NULL when it is not packed (``PackedContent``).
    private static func preparePacking(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE job_logs ADD COLUMN unpacked_bytes INTEGER")
    }

    /// How long a job had run, in microseconds, by a clock that nobody sets. Of older jobs only the times are known.
    private static func prepareDurations(_ db: Database) throws {
        try db.execute(sql: "ALTER TABLE jobs ADD COLUMN ran_for INTEGER")
    }

    /// What each job used, as JSON: read as a whole or not at all.
    private static func createUsage(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE job_usage (
                    job_id TEXT PRIMARY KEY NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
                    history TEXT NOT NULL
                ) STRICT, WITHOUT ROWID;
                """)
    }

    /// Times are microseconds since 1970. `spec` holds, as JSON, what no other column says about what to run.
    private static func createJobsAndOutput(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE jobs (
                    id TEXT PRIMARY KEY NOT NULL,
                    command TEXT NOT NULL,
                    pid INTEGER,
                    status TEXT NOT NULL CHECK (
                        status IN ('queued', 'running', 'completed', 'failed', 'stopped', 'timeout', 'lost')),
                    created_at INTEGER NOT NULL,
                    stopped_at INTEGER,
                    exit_code INTEGER,
                    started_at INTEGER,
                    signal INTEGER,
                    reason TEXT,
                    node TEXT NOT NULL,
                    restart_of TEXT,
                    name TEXT,
                    tags TEXT,
                    spec TEXT NOT NULL,
                    output_bytes INTEGER NOT NULL DEFAULT 0,
                    user_seconds REAL,
                    system_seconds REAL,
                    max_resident_bytes INTEGER
                ) STRICT;

                -- The status is in it so that a listing of one status passes over the others without reading their rows.
                CREATE INDEX jobs_by_creation ON jobs (created_at, id, status);

                CREATE INDEX jobs_unfinished ON jobs (node, created_at, id) WHERE status IN ('queued', 'running');

                CREATE TABLE job_logs (
                    id INTEGER PRIMARY KEY,
                    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
                    content BLOB NOT NULL,
                    log_level TEXT NOT NULL CHECK (log_level IN ('stdout', 'stderr')),
                    created_at INTEGER NOT NULL,
                    "offset" INTEGER NOT NULL
                ) STRICT;

                CREATE UNIQUE INDEX job_logs_by_offset ON job_logs (job_id, "offset");
                """)
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
    }

    /// The index holds all that retention asks for of jobs: it never reads a row of theirs.
    private static func prepareRetention(_ db: Database) throws {
        try db.execute(
            sql: """
                -- When this database was made from one of the earlier tool; empty when it was not.
                CREATE TABLE taken_over (at INTEGER NOT NULL) STRICT;

                CREATE INDEX jobs_finished ON jobs (stopped_at, id, output_bytes, status)
                WHERE status NOT IN ('queued', 'running')
                """)
    }

    /// Who asked for a job, and an index for each thing that lists are narrowed by: what few jobs have is found among 10⁶.
    ///
    /// Triggers keep `job_tags`, so that it cannot differ from the column `tags`, which stays what a job is read from.
    private static func prepareFilters(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE jobs ADD COLUMN created_by TEXT;

                CREATE INDEX jobs_by_creator ON jobs (created_by, created_at, id) WHERE created_by IS NOT NULL;

                CREATE INDEX jobs_by_node ON jobs (node, created_at, id);

                CREATE TABLE job_tags (
                    tag TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    job_id TEXT NOT NULL,
                    PRIMARY KEY (tag, created_at, job_id)
                ) STRICT, WITHOUT ROWID;

                INSERT OR IGNORE INTO job_tags (tag, created_at, job_id)
                SELECT tags.value, jobs.created_at, jobs.id FROM jobs, json_each(jobs.tags) AS tags;

                CREATE TRIGGER job_tags_added AFTER INSERT ON jobs WHEN NEW.tags IS NOT NULL BEGIN
                    INSERT OR IGNORE INTO job_tags (tag, created_at, job_id)
                    SELECT value, NEW.created_at, NEW.id FROM json_each(NEW.tags);
                END;

                CREATE TRIGGER job_tags_removed AFTER DELETE ON jobs WHEN OLD.tags IS NOT NULL BEGIN
                    DELETE FROM job_tags WHERE (tag, created_at, job_id) IN
                        (SELECT value, OLD.created_at, OLD.id FROM json_each(OLD.tags));
                END;
                """)
    }

    /// Where output was dropped: `dropped_bytes` from `gap_start` on. Rows of `job_logs` may still reach into it.
    private static func prepareGaps(_ db: Database) throws {
        try db.execute(
            sql: """
                ALTER TABLE jobs ADD COLUMN gap_start INTEGER;
                ALTER TABLE jobs ADD COLUMN dropped_bytes INTEGER NOT NULL DEFAULT 0;
                DROP INDEX jobs_finished;
                CREATE INDEX jobs_finished ON jobs (stopped_at, id, output_bytes, dropped_bytes, status)
                WHERE status NOT IN ('queued', 'running')
                """)
    }

    /// The sizes that terminals had after the one they began with.
    private static func createSizes(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE terminal_sizes (
                    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
                    at INTEGER NOT NULL,
                    cols INTEGER NOT NULL,
                    rows INTEGER NOT NULL,
                    PRIMARY KEY (job_id, at)
                ) STRICT, WITHOUT ROWID
                """)
    }
}
