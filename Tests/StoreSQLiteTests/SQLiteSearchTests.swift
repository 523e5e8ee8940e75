import Foundation
import GRDB
import Logging
import NIOCore
import SrunTestSupport
import Testing

@testable import SrunKit
@testable import StoreSQLite

@Suite("SQLite store: search", .timeLimit(.minutes(1)))
struct SQLiteSearchTests {
    private static let words = [
        "error", "WARN", "connect", "grün", "日本語", "x", "1234567", "path/to/file.c", "{}", "\"quoted\"",
    ]

    /// Output as programs print it: lines with colours, progress bars, some without an end for long.
    private func output(_ generator: inout SeededGenerator) -> [UInt8] {
        var text = ""
        for number in 0..<Int.random(in: 0...900, using: &generator) {
            switch Int.random(in: 0..<40, using: &generator) {
            case 0: text += "10%\r20%\r\(number)%\r\n"
            case 1: text += String(repeating: "long-\(number) ", count: Int.random(in: 1...30, using: &generator))
            case 2: text += "\u{1b}[\(number % 20);5H\u{1b}[Kmoved\n"
            default: break
            }
            for _ in 0..<Int.random(in: 1...12, using: &generator) {
                let word = Self.words.randomElement(using: &generator) ?? ""
                text +=
                    Bool.random(using: &generator)
                    ? "\u{1b}[3\(number % 8)m\(word)\u{1b}[0m " : "\(word)\(number % 97) "
            }
            text += Bool.random(using: &generator) ? "\n" : "\r\n"
        }
        return Array(text.utf8)
    }

    private struct Found: Equatable {
        let job: JobID
        let place: JobSearch.Place
        let text: String
    }

    private func found(_ text: String, in engine: Engine, by index: (any SearchIndexing)?) async throws -> [Found] {
        var hits: [Found] = []
        var cursor: SearchCursor?
        repeat {
            var search = JobSearch(engine, index: index, text: text, ignoresCase: true, limit: 40, after: cursor)
            while let page = try await search.next() {
                hits += page.map { Found(job: $0.job.id, place: $0.place, text: $0.excerpt.excerpt) }
            }
            cursor = search.rest
        } while cursor != nil
        return hits
    }

    @Test("finds by the index what it finds by reading", arguments: 0..<2)
    func findsTheSame(_ seed: UInt64) async throws {
        try await withTemporaryFolder { folder in
            let store = try await SQLiteStore.open(at: folder + "/srun.db", node: "test")
            var generator = SeededGenerator(seed: seed)
            for number in 1...4 {
                let bytes = output(&generator)
                try await store.insert(sampleJob(number))
                var offset = 0
                while offset < bytes.count {
                    let piece = bytes[offset..<min(bytes.count, offset + Int.random(in: 1...90_000, using: &generator))]
                    let chunk = LogChunk(
                        offset: Int64(offset), time: Date(timeIntervalSince1970: 1_750_000_000), stream: .output,
                        bytes: ByteBuffer(bytes: piece))
                    try await store.append([chunk], to: sampleID(number))
                    offset += piece.count
                }
                if number < 4 {
                    let end = JobEnd(
                        outcome: JobOutcome(.lost), endedAt: Date(timeIntervalSince1970: 1_750_000_001),
                        outputBytes: Int64(bytes.count))
                    let state = try #require(try await store.job(sampleID(number))?.state)
                    try await store.advance(sampleID(number), to: .finished(end, state.run))
                }
            }
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let indexer = OutputIndexer(store: store, clock: .continuous, logger: logger) { .idle }
            await indexer.pass()
            #expect(try await store.unindexed(after: nil, limit: 10).allSatisfy { $0.job.id == sampleID(4) })
            // Of another node, so that it does not take the job that runs for lost.
            let configuration = EngineConfiguration(node: "other", indexesOutput: false)
            try await withEngine(
                store: store, launcher: ScriptedLauncher { _ in ScriptedProcess() }, configuration: configuration
            ) { engine in
                for text in ["error", "grün", "日本語", "path/to", "\"quoted\""] + [
                    "error5 ", "CONNECT", "moved", "long-1", "999%", "not there",
                ] {
                    let byIndex = try await found(text, in: engine, by: store)
                    let byReading = try await found(text, in: engine, by: nil)
                    #expect(byIndex == byReading, "\(text)")
                    #expect(text == "not there" ? byIndex.isEmpty : true)
                }
            }
            await store.close()
        }
    }

    @Test func aGenerationGoesWhenAllItsJobsHaveGone() async throws {
        try await withTemporaryStore { store, _ in
            let tables = #"SELECT count(*) FROM sqlite_master WHERE name LIKE 'search\_text\__' ESCAPE '\'"#
            for number in 1...7 {
                try await store.insert(sampleJob(number))
                try await store.pool.writeWithoutTransaction { db in
                    try SearchIndex.insert(
                        "text of \(number)", job: sampleID(number).text, createdAt: Int64(number), range: 0..<10,
                        line: 1,
                        db, blocksPerGeneration: 2)
                }
            }
            #expect(try await store.read { try Int.fetchOne($0, sql: tables) } == 4)
            #expect(try await store.candidates(for: "text of", after: nil, limit: 10).count == 7)
            for number in [1, 3, 4] {
                try await store.pool.writeWithoutTransaction { db in
                    try db.execute(sql: "DELETE FROM jobs WHERE id = ?", arguments: [sampleID(number).text])
                }
            }
            try await store.pool.writeWithoutTransaction { db in
                for _ in 8...9 {
                    try SearchIndex.insert(
                        "more", job: sampleID(2).text, createdAt: 2, range: 10..<20, line: 1, db, blocksPerGeneration: 2
                    )
                }
            }
            // The second generation has lost both of its blocks; the first still has one.
            #expect(try await store.read { try Int.fetchOne($0, sql: tables) } == 4)
            let left = try await store.candidates(for: "text of", after: nil, limit: 10)
            #expect(Set(left.map(\.job.id)) == Set([2, 5, 6, 7].map(sampleID)))
        }
    }
}
