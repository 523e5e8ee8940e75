import Foundation
import GRDB
import SrunKit
import StoreSQLite
import Testing

@Suite("SQLite store: files")
struct SQLiteFileTests {
    @Test func allFilesAreForTheirOwnerOnly() async throws {
        try await withTemporaryStore { store, path in
            try await store.insert(sampleJob(1))
            _ = try await store.job(sampleID(1))
            for suffix in ["", "-wal", "-shm", ".lock"] { #expect(try mode(of: path + suffix) == 0o600, "\(suffix)") }
        }
    }

    @Test func closingLeavesTheDatabaseAndTheLockFile() async throws {
        try await withTemporaryFolder { folder in
            let store = try await SQLiteStore.open(at: folder + "/srun.db", node: "here")
            try await store.insert(sampleJob(1))
            await store.close()
            #expect(try names(in: folder) == ["srun.db", "srun.db.lock"])
        }
    }

    @Test func callsAfterClosingFail() async throws {
        try await withTemporaryStore { store, _ in
            await store.close()
            await #expect(throws: StoreError(.unavailable, "")) { try await store.insert(sampleJob(1)) }
            await #expect(throws: StoreError(.unavailable, "")) { try await store.job(sampleID(1)) }
        }
    }

    @Test func aPathThroughALinkIsTheSameDatabase() async throws {
        try await withTemporaryStore { store, path in
            let link = path + "-link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            await #expect(throws: StoreError(.locked, "")) { try await SQLiteStore.open(at: link, node: "here") }
        }
    }

    @Test func leftoversOfACreationThatDiedAreReplaced() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try Data("half of a database".utf8).write(to: URL(fileURLWithPath: path + ".new"))
            let store = try await SQLiteStore.open(at: path, node: "here")
            try await store.insert(sampleJob(1))
            await store.close()
            #expect(try names(in: folder) == ["srun.db", "srun.db.lock"])
        }
    }

    /// What a process that was killed leaves is what is on the disk at some moment.
    @Test func everythingAcknowledgedSurvivesAKill() async throws {
        try await withTemporaryStore { store, path in
            let output = [UInt8](repeating: 7, count: 300_000)
            try await store.insert(sampleJob(1))
            try await store.append([sampleChunk(at: 0, output)], to: sampleID(1))
            let copy = path + "-copy"
            for suffix in ["", "-wal"] { try content(of: path + suffix).write(to: URL(fileURLWithPath: copy + suffix)) }
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: copy)

            let reopened = try await SQLiteStore.open(at: copy, node: "here")
            #expect(try await reopened.unfinishedJobs(onNode: "here").map(\.id) == [sampleID(1)])
            #expect(try await bytes(of: sampleID(1), in: reopened) == output)
            await reopened.close()
        }
    }

    @Test func nothingIsWrittenToAFileThatWasMovedAway() async throws {
        try await withTemporaryStore { store, path in
            try await store.insert(sampleJob(1))
            try FileManager.default.moveItem(atPath: path, toPath: path + ".old")
            await #expect(throws: StoreError(.unavailable, "")) { try await store.insert(sampleJob(2)) }
            #expect(!FileManager.default.fileExists(atPath: path))

            try FileManager.default.moveItem(atPath: path + ".old", toPath: path)
            try await store.insert(sampleJob(2))
            #expect(try await store.jobs(JobQuery()).jobs.count == 2)
        }
    }

    @Test func aFileThatOthersMayWriteIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            await (try SQLiteStore.open(at: path, node: "here")).close()
            for mode in [0o666, 0o620] {
                try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
                await #expect(throws: StoreError(.unsafePermissions, "")) {
                    try await SQLiteStore.open(at: path, node: "here")
                }
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func aFileOfAnotherUserIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            await (try SQLiteStore.open(at: path, node: "here")).close()
            try FileManager.default.setAttributes([.ownerAccountID: 65_534], ofItemAtPath: path)
            await #expect(throws: StoreError(.unsafePermissions, "")) {
                try await SQLiteStore.open(at: path, node: "here")
            }
        }
    }

    @Test func aFolderThatIsMissingIsNotMade() async throws {
        try await withTemporaryFolder { folder in
            await #expect(throws: StoreError(.cannotCreate, "")) {
                try await SQLiteStore.open(at: folder + "/missing/srun.db", node: "here")
            }
            let left = try names(in: folder)
            #expect(left.isEmpty)
        }
    }

    /// Somebody has removed the database after a crash, but not its log: SQLite would apply that to the new database.
    @Test func aLogWithoutItsDatabaseIsRefused() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            for suffix in ["-wal", "-journal"] {
                try Data("left over".utf8).write(to: URL(fileURLWithPath: path + suffix))
                await #expect(throws: StoreError(.corrupt, "")) { try await SQLiteStore.open(at: path, node: "here") }
                try Data().write(to: URL(fileURLWithPath: path))
                await #expect(throws: StoreError(.corrupt, "")) {
                    try await SQLiteStore.open(at: path, node: "here", initializeEmpty: true)
                }
                #expect(try content(of: path + suffix) == Data("left over".utf8))
                for left in [path, path + suffix] { try FileManager.default.removeItem(atPath: left) }
            }
        }
    }

    @Test func aDamagedRowIsAnErrorAndNothingWorse() async throws {
        try await withTemporaryStore { store, path in
            let damages = [
                "created_at = 9223372036854775807", "started_at = -9223372036854775807", "spec = 'no JSON'",
                "spec = '{}'",
                "tags = '[1, 2]'", "pid = 99999999999", "id = 'no/identifier'", "started_at = NULL",
                "output_bytes = -1",
            ]
            for (number, damage) in damages.enumerated() {
                try await store.insert(sampleJob(number))
                let queue = try DatabaseQueue(path: path)
                try await queue.write { db in
                    try db.execute(sql: "UPDATE jobs SET \(damage) WHERE id = ?", arguments: [sampleID(number).text])
                }
                try queue.close()
                do {
                    _ = try await store.job(sampleID(number))
                    _ = try await store.jobs(JobQuery(limit: 1))
                } catch {
                    #expect(error as? StoreError == StoreError(.corrupt, ""))
                }
            }
        }
    }

    @Test func anEmptyFileBecomesADatabaseOnRequest() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try Data().write(to: URL(fileURLWithPath: path))
            let refusal = await #expect(throws: StoreError(.corrupt, "")) {
                try await SQLiteStore.open(at: path, node: "here")
            }
            #expect(refusal?.description.contains("--init") == true)
            #expect(try content(of: path).isEmpty)

            let store = try await SQLiteStore.open(at: path, node: "here", initializeEmpty: true)
            try await store.insert(sampleJob(1))
            await store.close()
            #expect(try mode(of: path) == 0o600)
        }
    }
}
