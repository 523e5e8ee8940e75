import Foundation
import NIOCore
import SrunKit
import Testing

extension StoreContract {
    public static let removal = [
        StoreRequirement("a removed job is gone, and its output with it", removedJobIsGone),
        StoreRequirement("a job of every final status is removed", removesEveryFinalStatus),
        StoreRequirement("a job that has not ended is not removed", keepsUnfinishedJobs),
        StoreRequirement("an unknown job cannot be removed", unknownJobCannotBeRemoved),
        StoreRequirement("a job is removed once", removesOnce),
        StoreRequirement("other jobs stay as they are", otherJobsSurvive),
        StoreRequirement("large output is removed", removesLargeOutput),
        StoreRequirement("output of many rows is removed", removesManyRows),
        StoreRequirement("an identifier is free again, without the old output", identifierIsFreeAgain),
        StoreRequirement("a job outlives the one it was restarted from", restartOutlivesOriginal),
        StoreRequirement("a reader sees right bytes or no job while it is removed", readsDuringRemoval),
        StoreRequirement("others append while a job is removed", appendsDuringRemoval),
    ]

    private static func insertFinished(_ number: Int, output: [UInt8], into store: any Store) async throws {
        try await store.insert(job(number, running))
        var offset = 0
        while offset < output.count {
            let end = min(offset + (1 << 20), output.count)
            try await store.append(
                [chunk(at: Int64(offset), output[offset..<end], after: Double(offset))], to: id(number))
            offset = end
        }
        try await store.advance(id(number), to: finished(outputBytes: Int64(output.count)))
    }

    @Sendable static func removedJobIsGone(_ store: any Store) async throws {
        try await insertFinished(1, output: noise(1000), into: store)
        try await store.remove(id(1))
        #expect(try await store.job(id(1)) == nil)
        #expect(try await store.jobs(JobQuery()).jobs.isEmpty)
        #expect(try await store.unfinishedJobs(onNode: node).isEmpty)
        await #expect(throws: error(.jobNotFound)) { try await store.chunks(of: id(1), from: 0, limit: 10) }
        await #expect(throws: error(.jobNotFound)) { try await store.storedBytes(of: id(1)) }
        await #expect(throws: error(.jobNotFound)) { try await store.append([chunk(at: 1000, "x")], to: id(1)) }
        await #expect(throws: error(.jobNotFound)) { try await store.advance(id(1), to: finished(.lost)) }
    }

    @Sendable static func removesEveryFinalStatus(_ store: any Store) async throws {
        let endings: [JobOutcome.Ending] = [.exited(.code(0)), .exited(.code(1)), .stopped(nil), .timedOut(nil), .lost]
        for (number, ending) in endings.enumerated() {
            try await store.insert(job(number, finished(ending)))
            try await store.remove(id(number))
        }
        #expect(try await store.jobs(JobQuery()).jobs.isEmpty)
    }

    @Sendable static func keepsUnfinishedJobs(_ store: any Store) async throws {
        try await store.insert(job(1))
        try await store.insert(job(2, running))
        try await store.append([chunk(at: 0, "kept")], to: id(2))
        await #expect(throws: error(.illegalTransition(from: .queued))) { try await store.remove(id(1)) }
        await #expect(throws: error(.illegalTransition(from: .running))) { try await store.remove(id(2)) }
        #expect(try await store.jobs(JobQuery()).jobs.count == 2)
        #expect(try await bytes(of: id(2), in: store) == Array("kept".utf8))
    }

    @Sendable static func unknownJobCannotBeRemoved(_ store: any Store) async throws {
        await #expect(throws: error(.jobNotFound)) { try await store.remove(id(1)) }
    }

    @Sendable static func removesOnce(_ store: any Store) async throws {
        try await insertFinished(1, output: noise(10), into: store)
        try await store.remove(id(1))
        await #expect(throws: error(.jobNotFound)) { try await store.remove(id(1)) }
    }

    @Sendable static func otherJobsSurvive(_ store: any Store) async throws {
        for number in 1...3 { try await insertFinished(number, output: noise(5000, seed: UInt64(number)), into: store) }
        try await store.remove(id(2))
        #expect(try await store.jobs(JobQuery()).jobs.map(\.id) == [id(3), id(1)])
        for number in [1, 3] {
            #expect(try await bytes(of: id(number), in: store) == noise(5000, seed: UInt64(number)))
        }
    }

    @Sendable static func removesLargeOutput(_ store: any Store) async throws {
        try await insertFinished(1, output: noise(12 << 20), into: store)
        #expect(try await store.storedBytes(of: id(1)) == 12 << 20)
        try await store.remove(id(1))
        #expect(try await store.job(id(1)) == nil)
    }

    @Sendable static func removesManyRows(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let batch = (0..<1000).map { chunk(at: Int64($0), "x", after: Double($0)) }
        try await store.append(batch, to: id(1))
        try await store.advance(id(1), to: finished(outputBytes: 1000))
        try await store.remove(id(1))
        try await store.insert(job(1))
        #expect(try await store.storedBytes(of: id(1)) == 0)
    }

    @Sendable static func identifierIsFreeAgain(_ store: any Store) async throws {
        try await insertFinished(1, output: Array("old".utf8), into: store)
        try await store.remove(id(1))
        try await store.insert(job(1, command: "new"))
        #expect(try await store.job(id(1)) == job(1, command: "new"))
        #expect(try await store.storedBytes(of: id(1)) == 0)
        try await store.append([chunk(at: 0, "fresh")], to: id(1))
        #expect(try await bytes(of: id(1), in: store) == Array("fresh".utf8))
    }

    @Sendable static func restartOutlivesOriginal(_ store: any Store) async throws {
        try await insertFinished(1, output: [], into: store)
        let restart = Job(
            id: id(2), spec: JobSpec(stored: .shell("w")), createdAt: noon, node: node, restartOf: id(1))
        try await store.insert(restart)
        try await store.remove(id(1))
        #expect(try await store.job(id(2)) == restart)
    }

    @Sendable static func readsDuringRemoval(_ store: any Store) async throws {
        let output = noise(8 << 20)
        try await insertFinished(1, output: output, into: store)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await store.remove(id(1)) }
            for start in stride(from: 0, to: output.count, by: 1 << 20) {
                group.addTask {
                    do {
                        let chunks = try await store.chunks(of: id(1), from: Int64(start), limit: 50_000)
                        let read = chunks.flatMap { [UInt8]($0.bytes.readableBytesView) }
                        #expect(read.elementsEqual(output[start...].prefix(read.count)))
                    } catch let failure as StoreError {
                        #expect(failure == error(.jobNotFound))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await store.job(id(1)) == nil)
    }

    @Sendable static func appendsDuringRemoval(_ store: any Store) async throws {
        try await insertFinished(1, output: noise(8 << 20), into: store)
        try await store.insert(job(2, running))
        let output = noise(20_000, seed: 2)
        async let removal: Void = store.remove(id(1))
        for start in stride(from: 0, to: output.count, by: 1000) {
            try await store.append([chunk(at: Int64(start), output[start..<(start + 1000)])], to: id(2))
        }
        try await removal
        #expect(try await bytes(of: id(2), in: store) == output)
        #expect(try await store.jobs(JobQuery()).jobs.map(\.id) == [id(2)])
    }
}
