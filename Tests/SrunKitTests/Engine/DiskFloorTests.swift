import SrunTestSupport
import StoreMemory
import Synchronization
import Testing

@testable import SrunKit

@Suite("Disk floor", .timeLimit(.minutes(1)))
struct DiskFloorTests {
    struct Row: Sendable {
        let floor: DiskFloor
        let space: StorageSpace
        let isLow: Bool

        init(_ floor: DiskFloor, free: Int64, of total: Int64, isLow: Bool) {
            self.floor = floor
            space = StorageSpace(freeBytes: free, totalBytes: total)
            self.isLow = isLow
        }
    }

    private static let mebibyte: Int64 = 1 << 20
    private static let rows = [
        Row(.none, free: 0, of: 0, isLow: false),
        Row(.none, free: 0, of: 100, isLow: false),
        Row(.standard, free: 511 * mebibyte, of: 1024 * mebibyte, isLow: true),
        Row(.standard, free: 512 * mebibyte, of: 1024 * mebibyte, isLow: false),
        Row(.standard, free: 512 * mebibyte, of: 20_000 * mebibyte, isLow: true),
        Row(.standard, free: 999 * mebibyte, of: 20_000 * mebibyte, isLow: true),
        Row(.standard, free: 1000 * mebibyte, of: 20_000 * mebibyte, isLow: false),
        Row(DiskFloor(bytes: 100, share: 0), free: 99, of: .max, isLow: true),
        Row(DiskFloor(bytes: 100, share: 0), free: 100, of: .max, isLow: false),
        Row(DiskFloor(bytes: 0, share: 0.5), free: 499, of: 1000, isLow: true),
        Row(DiskFloor(bytes: 0, share: 0.5), free: 500, of: 1000, isLow: false),
        Row(DiskFloor(bytes: .max, share: 1), free: .max, of: .max, isLow: false),
        Row(DiskFloor(bytes: 0, share: 1), free: 0, of: 0, isLow: false),
    ]

    @Test("is the larger of an amount and a share", arguments: rows)
    func isAbove(_ row: Row) {
        #expect(row.floor.isAbove(row.space) == row.isLow)
    }

    @Test func startsNothingBelowIt() async throws {
        let disk = FullableStore()
        let clock = ManualClock()
        let launcher = ScriptedLauncher { _ in ScriptedProcess() }
        try await withEngine(
            store: disk, launcher: launcher,
            configuration: EngineConfiguration(node: "test", diskFloor: DiskFloor(bytes: 100, share: 0)), clock: clock
        ) { engine in
            let spec = try JobSpec(command: .shell("anything"))
            let running = try await engine.submit(spec)
            #expect(await engine.isDiskLow() == false)

            disk.freeBytes.withLock { $0 = 99 }
            clock.advance(by: .seconds(1))
            #expect(await engine.isDiskLow())
            let error = await #expect(throws: EngineError.self) { try await engine.submit(spec) }
            #expect(error?.code == .storage(.full))
            // Nor is a job stopped for a restart that cannot be.
            await #expect(throws: EngineError.self) { try await engine.restart(running.id) }
            #expect(try await engine.jobs(JobQuery()).jobs.map(\.status) == [.running])
            #expect(launcher.launches.count == 1)

            disk.freeBytes.withLock { $0 = 100 }
            clock.advance(by: .seconds(1))
            #expect(try await engine.submit(spec).status == .running)
        }
    }

    @Test func asksTheDiskAtMostOnceASecond() async throws {
        let disk = FullableStore()
        let clock = ManualClock()
        try await withEngine(
            store: disk, launcher: ScriptedLauncher { _ in ScriptedProcess() },
            configuration: EngineConfiguration(node: "test", diskFloor: .standard), clock: clock
        ) { engine in
            _ = await engine.isServing()
            for _ in 0..<10 { #expect(await engine.isDiskLow()) }
            #expect(disk.asked == 1)
            clock.advance(by: .milliseconds(999))
            _ = await engine.isDiskLow()
            #expect(disk.asked == 1)
            clock.advance(by: .milliseconds(1))
            _ = await engine.isDiskLow()
            #expect(disk.asked == 2)
        }
    }

    @Test func theLastAnswerHoldsWhenTheDiskDoesNotAnswer() async throws {
        let disk = FullableStore()
        let clock = ManualClock()
        try await withEngine(
            store: disk, launcher: ScriptedLauncher { _ in ScriptedProcess() },
            configuration: EngineConfiguration(node: "test", diskFloor: .standard), clock: clock
        ) { engine in
            _ = await engine.isServing()
            #expect(await engine.isDiskLow())
            disk.freeBytes.withLock { $0 = nil }
            clock.advance(by: .seconds(5))
            #expect(await engine.isDiskLow())
            disk.freeBytes.withLock { $0 = 1 << 40 }
            clock.advance(by: .seconds(5))
            #expect(await engine.isDiskLow() == false)
        }
    }

    @Test func aStoreOnNoDiskHasNone() async throws {
        try await withEngine(
            launcher: ScriptedLauncher { _ in ScriptedProcess() },
            configuration: EngineConfiguration(node: "test", diskFloor: DiskFloor(bytes: .max, share: 1))
        ) { engine in
            #expect(await engine.isDiskLow() == false)
            _ = try await engine.submit(try JobSpec(command: .shell("anything")))
        }
    }
}

/// A memory store that says what it is told about its disk.
private final class FullableStore: WrappingStore, SpaceReporting {
    /// Nil for a disk that does not answer.
    let freeBytes = Mutex<Int64?>(100)
    let wrapped = MemoryStore()
    private let questions = Mutex(0)

    var asked: Int { questions.withLock { $0 } }

    func space() async throws(StoreError) -> StorageSpace {
        questions.withLock { $0 += 1 }
        guard let free = freeBytes.withLock({ $0 }) else { throw StoreError(.unavailable, "") }
        return StorageSpace(freeBytes: free, totalBytes: 1000)
    }
}
