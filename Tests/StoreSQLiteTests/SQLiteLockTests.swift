import Foundation
import SrunKit
import StoreSQLite
import Testing

@Suite("SQLite store: lock", .timeLimit(.minutes(1)))
struct SQLiteLockTests {
    @Test func aSecondServerIsRefusedByName() async throws {
        try await withTemporaryStore { store, path in
            try await store.insert(sampleJob(1))
            let before = try (content(of: path), content(of: path + "-wal"))
            let refusal = await #expect(throws: StoreError(.locked, "")) {
                try await SQLiteStore.open(at: path, node: "other")
            }
            #expect(refusal?.description.contains("process \(getpid());") == true)
            #expect(try before == (content(of: path), content(of: path + "-wal")))
        }
    }

    @Test func closingFreesTheLock() async throws {
        try await withTemporaryFolder { folder in
            for _ in 1...3 { await (try SQLiteStore.open(at: folder + "/srun.db", node: "here")).close() }
        }
    }

    @Test func aStoreThatIsDroppedFreesTheLock() async throws {
        try await withTemporaryFolder { folder in
            for _ in 1...3 { _ = try await SQLiteStore.open(at: folder + "/srun.db", node: "here") }
        }
    }

    @Test func anAttemptThatFailedFreesTheLock() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            try Data("no database".utf8).write(to: URL(fileURLWithPath: path))
            for _ in 1...2 {
                await #expect(throws: StoreError(.corrupt, "")) { try await SQLiteStore.open(at: path, node: "here") }
            }
        }
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/flock"), "needs flock(1)"))
    func killingTheHolderFreesTheLock() async throws {
        try await withTemporaryFolder { folder in
            let path = folder + "/srun.db"
            await (try SQLiteStore.open(at: path, node: "here")).close()

            let output = Pipe()
            let holder = Process()
            holder.executableURL = URL(fileURLWithPath: "/usr/bin/flock")
            holder.arguments = ["--no-fork", path + ".lock", "sh", "-c", "echo held; exec sleep 600"]
            holder.standardOutput = output
            try holder.run()
            // Returns when the holder has said that it has the lock.
            _ = output.fileHandleForReading.availableData
            await #expect(throws: StoreError(.locked, "")) { try await SQLiteStore.open(at: path, node: "here") }

            kill(holder.processIdentifier, SIGKILL)
            holder.waitUntilExit()
            await (try SQLiteStore.open(at: path, node: "here")).close()
        }
    }
}
