import Foundation
import GRDB
import SrunKit
import StoreSQLite
import Testing

/// Something that is not our database, in the place where it should be.
struct Impostor: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: StoreError.Code
    /// Makes it, where a good database was before.
    let make: @Sendable (String) throws -> Void

    init(_ name: String, _ code: StoreError.Code, _ make: @escaping @Sendable (String) throws -> Void) {
        testDescription = name
        self.code = code
        self.make = make
    }

    static let files = [
        Impostor("text", .corrupt) { try Data("#!/bin/sh\necho hello\n".utf8).write(to: URL(fileURLWithPath: $0)) },
        Impostor("a long text", .corrupt) {
            try Data(repeating: UInt8(ascii: "x"), count: 100_000).write(to: URL(fileURLWithPath: $0))
        },
        Impostor("zero bytes", .corrupt) { try Data().write(to: URL(fileURLWithPath: $0)) },
        Impostor("the first bytes of a database", .corrupt) { try change($0) { $0 = $0.prefix(50) } },
        Impostor("the first page of a database", .corrupt) { try change($0) { $0 = $0.prefix(16_384) } },
        Impostor("a database without its last bytes", .corrupt) { try change($0) { $0 = $0.dropLast(100) } },
        Impostor("a database without its second half", .corrupt) { try change($0) { $0 = $0.prefix($0.count / 2) } },
        Impostor("a first page of noise", .corrupt) {
            try change($0) { $0.replaceSubrange(..<16_384, with: noise(16_384)) }
        },
        Impostor("a first page of noise below its header", .corrupt) {
            try change($0) { $0.replaceSubrange(100..<16_384, with: noise(16_284)) }
        },
        Impostor("a page of noise in the middle", .corrupt) {
            try change($0) { $0.replaceSubrange(16_384..<32_768, with: noise(16_384)) }
        },
        Impostor("a database of a newer version", .newerSchema) {
            try execute("INSERT INTO grdb_migrations (identifier) VALUES ('from the future')", $0)
        },
        Impostor("a database of another program", .corrupt) {
            try FileManager.default.removeItem(atPath: $0)
            try execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)", $0)
        },
        Impostor("a database with a table of jobs of another kind", .corrupt) {
            try FileManager.default.removeItem(atPath: $0)
            try execute("CREATE TABLE jobs (title TEXT, salary INTEGER)", $0)
        },
        Impostor("a database without tables", .corrupt) {
            try FileManager.default.removeItem(atPath: $0)
            try execute("CREATE TABLE t (a); DROP TABLE t", $0)
        },
    ]

    private static func change(_ path: String, _ body: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(fileURLWithPath: path))
        body(&data)
        // A slice keeps the indices of the whole.
        try Data(data).write(to: URL(fileURLWithPath: path))
    }

    private static func execute(_ sql: String, _ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.write { db in try db.execute(sql: sql) }
        _ = try queue.writeWithoutTransaction { db in try String.fetchOne(db, sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
        try queue.close()
    }

    private static func noise(_ count: Int) -> Data {
        Data((0..<count).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 7) })
    }
}

@Suite("SQLite store: what is no database of ours", .timeLimit(.minutes(1)))
struct SQLiteRefusalTests {
    private func makeDatabase(at path: String) async throws {
        let store = try await SQLiteStore.open(at: path, node: "here")
        try await store.insert(sampleJob(1))
        try await store.append([sampleChunk(at: 0, [UInt8](repeating: 1, count: 200_000))], to: sampleID(1))
        await store.close()
    }

    @Test("is refused and left as it is", arguments: Impostor.files)
    func isRefused(_ impostor: Impostor) async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try await makeDatabase(at: path)
            try impostor.make(path)
            let before = try (content(of: path), names(in: folder))

            let refusal = await #expect(throws: StoreError(impostor.code, "")) {
                try await SQLiteStore.open(at: path, node: "here")
            }
            #expect(refusal?.description.contains(path) == true, "the message names the file")
            #expect(try before == (content(of: path), names(in: folder)))
        }
    }

    @Test func aFolderIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            await #expect(throws: StoreError(.cannotCreate, "")) { try await SQLiteStore.open(at: path, node: "here") }
            #expect(try names(in: folder) == ["srun.db"])
        }
    }

    @Test func aPipeIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            #expect(mkfifo(path, 0o600) == 0)
            await #expect(throws: StoreError(.cannotCreate, "")) { try await SQLiteStore.open(at: path, node: "here") }
            let left = try names(in: folder)
            #expect(left == ["srun.db"])
        }
    }
}
