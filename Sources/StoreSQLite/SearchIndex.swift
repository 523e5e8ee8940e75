import Foundation
import GRDB
import SrunKit

/// The tables of the index: blocks of text by their trigrams, in FTS5.
///
/// The text itself is not kept (the output is there already), nor where in a block a trigram is; so the index has a fifth of the
/// size of the output. Without the text FTS5 cannot take a block out again. Blocks of jobs that are gone stay in it, are found, and
/// lead nowhere; so the index comes in *generations* of some thousand blocks, and one whose blocks are all gone is dropped as a
/// whole. Jobs go in about the order in which they came, so generations do.
enum SearchIndex {
    static let blocksPerGeneration: Int64 = 4096
    /// More would narrow nothing.
    private static let mostTrigrams = 64

    static func createTables(_ db: Database) throws {
        try db.execute(
            sql: """
                -- Jobs whose output is not wholly indexed: everything before the position is.
                CREATE TABLE search_pending (
                    job_id TEXT PRIMARY KEY NOT NULL,
                    created_at INTEGER NOT NULL,
                    position INTEGER NOT NULL,
                    line INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;

                CREATE INDEX search_pending_by_creation ON search_pending (created_at, job_id);

                -- What a block stands for: output from "start" to "end"; -1 for what is said of the job. An id is never used again.
                CREATE TABLE search_blocks (
                    id INTEGER PRIMARY KEY AUTOINCREMENT,
                    job_id TEXT NOT NULL,
                    created_at INTEGER NOT NULL,
                    "start" INTEGER NOT NULL,
                    "end" INTEGER NOT NULL,
                    line INTEGER NOT NULL
                ) STRICT;

                CREATE INDEX search_blocks_by_job ON search_blocks (job_id);

                CREATE TABLE search_generations (number INTEGER PRIMARY KEY, first_block INTEGER NOT NULL) STRICT;

                INSERT INTO search_pending SELECT id, created_at, 0, 1 FROM jobs;

                CREATE TRIGGER search_added AFTER INSERT ON jobs BEGIN
                    INSERT OR IGNORE INTO search_pending VALUES (NEW.id, NEW.created_at, 0, 1);
                END;

                CREATE TRIGGER search_removed AFTER DELETE ON jobs BEGIN
                    DELETE FROM search_pending WHERE job_id = OLD.id;
                    DELETE FROM search_blocks WHERE job_id = OLD.id;
                END;
                """)
    }

    static func insert(
        _ text: String, job: String, createdAt: Int64, range: Range<Int64>, line: Int64, _ db: Database,
        blocksPerGeneration: Int64 = Self.blocksPerGeneration
    ) throws {
        try db.cachedStatement(
            sql: #"INSERT INTO search_blocks (job_id, created_at, "start", "end", line) VALUES (?, ?, ?, ?, ?)"#
        ).execute(arguments: [job, createdAt, range.lowerBound, range.upperBound, line])
        let block = db.lastInsertedRowID
        let generation = try generation(for: block, blocksPerGeneration, db)
        try db.cachedStatement(sql: "INSERT INTO \(table(generation)) (rowid, text) VALUES (?, ?)")
            .execute(arguments: [block, text])
    }

    private static func table(_ generation: Int64) -> String { "search_text_\(generation)" }

    private static func generation(for block: Int64, _ size: Int64, _ db: Database) throws -> Int64 {
        let last = try Row.fetchOne(
            db.cachedStatement(sql: "SELECT number, first_block FROM search_generations ORDER BY number DESC LIMIT 1"))
        let number: Int64 = last?.value(at: 0) ?? 0
        if let first = last?.value(at: 1, as: Int64.self), block - first < size { return number }
        try db.execute(
            sql: """
                CREATE VIRTUAL TABLE \(table(number + 1))
                USING fts5 (text, content = '', detail = none, columnsize = 0, tokenize = 'trigram')
                """)
        try db.execute(sql: "INSERT INTO search_generations VALUES (?, ?)", arguments: [number + 1, block])
        try dropEmptyGenerations(db)
        return number + 1
    }

    private static func dropEmptyGenerations(_ db: Database) throws {
        let empty = try Int64.fetchAll(
            db,
            sql: """
                SELECT number FROM (
                    SELECT number, first_block, lead(first_block) OVER (ORDER BY number) AS next FROM search_generations)
                WHERE next IS NOT NULL
                AND NOT EXISTS (SELECT 1 FROM search_blocks WHERE id >= first_block AND id < next)
                """)
        for number in empty {
            try db.execute(sql: "DROP TABLE \(table(number))")
            try db.execute(sql: "DELETE FROM search_generations WHERE number = ?", arguments: [number])
        }
    }

    // MARK: Finding

    static func candidates(
        for text: String, after place: JobCursor?, limit: Int, _ db: Database
    ) throws -> [SearchCandidate] {
        guard let expression = expression(for: text) else { return [] }
        var found: [JobCursor: SearchCandidate] = [:]
        for number in try Int64.fetchAll(db, sql: "SELECT number FROM search_generations ORDER BY number DESC") {
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT b.job_id, b.created_at, b."start", b."end", b.line
                    FROM \(table(number)) CROSS JOIN search_blocks AS b ON b.id = \(table(number)).rowid
                    WHERE \(table(number)) MATCH ?
                    \(place == nil ? "" : "AND (b.created_at, b.job_id) < (?, ?)")
                    """,
                arguments: StatementArguments([expression])
                    + (place.map { [$0.createdAt.column, $0.id.text] } ?? StatementArguments()))
            while let row = try rows.next() {
                guard let (job, part) = candidate(from: row) else { continue }
                found[job, default: SearchCandidate(job: job, parts: [])].parts += part.map { [$0] } ?? []
                if found.count > 8 * limit { found = newest(limit, of: found) }
            }
        }
        return newest(limit, of: found).values.sorted { JobCursor.precedes($0.job, $1.job) }.map { candidate in
            SearchCandidate(
                job: candidate.job,
                parts: candidate.parts.sorted { $0.range.lowerBound < $1.range.lowerBound })
        }
    }

    private static func newest(
        _ limit: Int, of found: [JobCursor: SearchCandidate]
    ) -> [JobCursor: SearchCandidate] {
        guard found.count > limit else { return found }
        let kept = found.keys.sorted(by: JobCursor.precedes).prefix(limit)
        return Dictionary(uniqueKeysWithValues: kept.compactMap { key in found[key].map { (key, $0) } })
    }

    private static func candidate(from row: Row) -> (JobCursor, SearchCandidate.Part?)? {
        guard let id = row.value(at: 0, as: String.self).flatMap({ JobID($0) }),
            let createdAt = Date.stored(row.value(at: 1, as: Int64.self)),
            let start = row.value(at: 2, as: Int64.self), let end = row.value(at: 3, as: Int64.self),
            let line = row.value(at: 4, as: Int64.self), start <= end
        else { return nil }
        let part = start < 0 ? nil : SearchCandidate.Part(range: start..<end, line: line)
        return (JobCursor(createdAt: createdAt, id: id), part)
    }

    /// All trigrams of the text, each as a string of FTS5; nil when it has none.
    private static func expression(for text: String) -> String? {
        let scalars = Array(text.unicodeScalars)
        // Text for SQLite ends at a NUL; no output as text holds one.
        guard scalars.count >= 3, !scalars.contains("\0") else { return nil }
        var trigrams: [String] = []
        for start in 0...(scalars.count - 3) where trigrams.count < mostTrigrams {
            var trigram = String.UnicodeScalarView()
            trigram.append(contentsOf: scalars[start..<(start + 3)])
            let quoted = String(trigram).split(separator: "\"", omittingEmptySubsequences: false).joined(
                separator: "\"\"")
            if !trigrams.contains(quoted) { trigrams.append(quoted) }
        }
        return trigrams.map { "\"\($0)\"" }.joined(separator: " AND ")
    }
}
