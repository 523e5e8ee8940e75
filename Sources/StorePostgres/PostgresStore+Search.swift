public import SrunKit

extension PostgresStore: SearchIndexing {
    /// Trigrams: three neighbouring characters.
    public static let shortestText = 3

    public func unindexed(after place: JobCursor?, limit: Int) async throws(StoreError) -> [IndexPosition] {
        let rows = try await read(
            PQStatement(
                """
                SELECT id, created_at, indexed_to, indexed_line,
                    CASE WHEN status IN ('queued', 'running') THEN \(schema.storedBytes) ELSE output_bytes END,
                    status NOT IN ('queued', 'running')
                FROM \(schema.jobs) j
                WHERE NOT is_indexed AND (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT $3
                """, Self.bounds(place) + [.int(Int64(max(1, limit)))]))
        return rows.compactMap { row in
            guard let job = Self.cursor(row) else { return nil }
            return IndexPosition(
                job: job, offset: row.int(at: 2) ?? 0, line: row.int(at: 3) ?? 1,
                outputBytes: row.int(at: 4) ?? 0, hasEnded: row.bool(at: 5) ?? false)
        }
    }

    public func index(_ blocks: [IndexBlock]) async throws(StoreError) {
        for block in blocks { try await index(block) }
    }

    /// Whoever moves the position on adds the block: of several nodes that do it at once, one.
    private func index(_ block: IndexBlock) async throws(StoreError) {
        _ = try await read(
            PQStatement(
                """
                WITH moved AS (
                    UPDATE \(schema.jobs) SET indexed_to = $3, indexed_line = $5, is_indexed = $7
                    WHERE id = $1 AND indexed_to = $2 AND NOT is_indexed
                    RETURNING id, created_at, concat_ws(chr(10), command, name, array_to_string(tags, chr(10))) AS facts)
                INSERT INTO \(schema.searchBlocks) (job_id, created_at, first, last, line, text)
                SELECT id, created_at, $2, $3, $4, lower($6 COLLATE "C") FROM moved WHERE $6 <> ''
                UNION ALL
                SELECT id, created_at, -1, -1, 0, lower(facts COLLATE "C") FROM moved WHERE $7
                """,
                [
                    .text(block.job.text), .int(block.range.lowerBound), .int(block.range.upperBound), .int(block.line),
                    .int(block.nextLine), .text(block.text), .bool(block.isLast),
                ]))
    }

    public func candidates(
        for text: String, after place: JobCursor?, limit: Int
    ) async throws(StoreError) -> [SearchCandidate] {
        // No output as text has a NUL, and PostgreSQL takes none.
        if text.utf8.contains(0) { return [] }
        let rows = try await read(
            PQStatement(
                """
                WITH found AS (
                    SELECT job_id, created_at, first, last, line FROM \(schema.searchBlocks)
                    WHERE text LIKE lower($4 COLLATE "C") AND (created_at, job_id) < ($1, $2)),
                page AS (
                    SELECT DISTINCT created_at, job_id FROM found ORDER BY created_at DESC, job_id DESC LIMIT $3)
                SELECT job_id, created_at, first, last, line FROM found
                WHERE (created_at, job_id) IN (SELECT created_at, job_id FROM page)
                ORDER BY created_at DESC, job_id DESC, first
                """, Self.bounds(place) + [.int(Int64(max(1, limit))), .text("%\(Self.escaped(text))%")]))
        var candidates: [SearchCandidate] = []
        for row in rows {
            guard let job = Self.cursor(row), let first = row.int(at: 2), let last = row.int(at: 3) else { continue }
            if candidates.last?.job != job { candidates.append(SearchCandidate(job: job, parts: [])) }
            // What is said of the job itself is no part of its output.
            guard first >= 0, first <= last else { continue }
            candidates[candidates.count - 1].parts.append(.init(range: first..<last, line: row.int(at: 4) ?? 1))
        }
        return candidates
    }

    private static func bounds(_ place: JobCursor?) -> [PQValue] {
        [.int(place?.createdAt.microseconds ?? .max), .text(place?.id.text ?? "~")]
    }

    private static func cursor(_ row: PQRow) -> JobCursor? {
        guard let id = row.text(at: 0).flatMap({ JobID($0) }), let createdAt = JobRow.time(row.int(at: 1)) else {
            return nil
        }
        return JobCursor(createdAt: createdAt, id: id)
    }

    private static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            if "%_\\".unicodeScalars.contains(scalar) { escaped.unicodeScalars.append("\\") }
            escaped.unicodeScalars.append(scalar)
        }
        return escaped
    }
}

extension PostgresSchema {
    var searchBlocks: String { table("search_blocks") }

    /// Trigrams come with PostgreSQL, but not every role may switch them on; without, a search reads the texts.
    var search: [String] {
        [
            """
            ALTER TABLE \(jobs) ADD COLUMN indexed_to int8 NOT NULL DEFAULT 0,
                ADD COLUMN indexed_line int8 NOT NULL DEFAULT 1, ADD COLUMN is_indexed bool NOT NULL DEFAULT false
            """,
            "CREATE INDEX jobs_unindexed ON \(jobs) (created_at, id) WHERE NOT is_indexed",
            """
            CREATE TABLE \(searchBlocks) (
                number int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                job_id text COLLATE "C" NOT NULL REFERENCES \(jobs) (id) ON DELETE CASCADE,
                created_at int8 NOT NULL,
                first int8 NOT NULL,
                last int8 NOT NULL,
                line int8 NOT NULL,
                text text COLLATE "C" NOT NULL
            )
            """,
            "CREATE INDEX search_blocks_by_job ON \(searchBlocks) (job_id)",
            """
            DO $$ BEGIN
                IF NOT EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm') THEN
                    -- One at a time in a database, whatever the schema.
                    PERFORM pg_advisory_xact_lock(hashtextextended('srun pg_trgm', 0));
                    CREATE EXTENSION IF NOT EXISTS pg_trgm;
                END IF;
                EXECUTE 'CREATE INDEX search_blocks_text ON \(searchBlocks) USING gin (text gin_trgm_ops)';
            EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
                RAISE NOTICE 'searches will read all texts';
            END $$
            """,
        ]
    }
}
