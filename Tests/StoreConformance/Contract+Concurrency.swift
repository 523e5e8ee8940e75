import Foundation
import NIOCore
import SrunKit
import Testing

extension StoreContract {
    public static let concurrency = [
        StoreRequirement("many jobs append at the same time", manyJobsAppend),
        StoreRequirement("jobs inserted at the same time are all there", manyInserts),
        StoreRequirement("of many inserts of one identifier one succeeds", oneInsertWins),
        StoreRequirement("of many ends of one job the first stands", oneEndWins),
        StoreRequirement("a write that is refused does not disturb those beside it", refusalsAreIsolated),
        StoreRequirement("a reader beside a writer sees a growing beginning of the output", readsDuringAppends),
        StoreRequirement("a listing beside inserts is in order, without doubles", listsDuringInserts),
        StoreRequirement("what one task has written every other sees", writesAreVisible),
        StoreRequirement("many jobs live their whole lives at the same time", wholeLivesOverlap),
        StoreRequirement("a cancelled task's write happens wholly or not at all", cancelledWriteIsWhole),
        StoreRequirement("many readers read at the same time", manyReaders),
    ]

    @Sendable static func manyJobsAppend(_ store: any Store) async throws {
        let count = 24
        for number in 1...count { try await store.insert(job(number, running)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...count {
                group.addTask {
                    let bytes = noise(20_000, seed: UInt64(number))
                    var offset = 0
                    while offset < bytes.count {
                        let size = min(1 + (offset * 7 + number * 131) % 3000, bytes.count - offset)
                        let part = bytes[offset..<(offset + size)]
                        try await store.append([chunk(at: Int64(offset), part, after: Double(offset))], to: id(number))
                        offset += size
                    }
                }
            }
            try await group.waitForAll()
        }
        for number in 1...count {
            #expect(try await bytes(of: id(number), in: store) == noise(20_000, seed: UInt64(number)))
        }
    }

    @Sendable static func manyInserts(_ store: any Store) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...200 { group.addTask { try await store.insert(job(number)) } }
            try await group.waitForAll()
        }
        #expect(try await listed(JobQuery(limit: 30), in: store).map(\.id) == (1...200).reversed().map { id($0) })
    }

    @Sendable static func oneInsertWins(_ store: any Store) async throws {
        let winners = await withTaskGroup(of: String?.self) { group in
            for number in 1...20 {
                group.addTask {
                    do {
                        try await store.insert(job(1, command: "\(number)"))
                        return "\(number)"
                    } catch let failure as StoreError {
                        #expect(failure == error(.alreadyExists))
                    } catch {
                        Issue.record(error)
                    }
                    return nil
                }
            }
            return await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
        }
        #expect(winners.count == 1)
        #expect(try await store.job(id(1))?.spec.commandText == winners.first)
    }

    @Sendable static func oneEndWins(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let winners = await withTaskGroup(of: Int32?.self) { group in
            for code in Int32(0)..<20 {
                group.addTask {
                    do {
                        try await store.advance(id(1), to: finished(.timedOut(.code(code))))
                        return code
                    } catch let failure as StoreError {
                        #expect(failure == error(.illegalTransition(from: .timeout)))
                    } catch {
                        Issue.record(error)
                    }
                    return nil
                }
            }
            return await group.compactMap { $0 }.reduce(into: []) { $0.append($1) }
        }
        #expect(winners.count == 1)
        #expect(try await store.job(id(1))?.state.end?.outcome.exitCode == winners.first)
    }

    @Sendable static func refusalsAreIsolated(_ store: any Store) async throws {
        for number in 1...20 { try await store.insert(job(number, running)) }
        await withTaskGroup(of: Void.self) { group in
            for number in 1...20 {
                group.addTask {
                    await #expect(throws: Never.self) { try await store.append([chunk(at: 0, "good")], to: id(number)) }
                }
                group.addTask {
                    await #expect(throws: StoreError.self) {
                        try await store.append([chunk(at: 99, "gap")], to: id(number))
                    }
                }
                group.addTask {
                    await #expect(throws: error(.jobNotFound)) {
                        try await store.append([chunk(at: 0, "x")], to: id(1000))
                    }
                }
                group.addTask {
                    await #expect(throws: error(.alreadyExists)) { try await store.insert(job(number)) }
                }
                group.addTask {
                    await #expect(throws: StoreError.self) { try await store.advance(id(number), to: .queued) }
                }
            }
        }
        for number in 1...20 { #expect(try await bytes(of: id(number), in: store) == Array("good".utf8)) }
    }

    @Sendable static func readsDuringAppends(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(60_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for start in stride(from: 0, to: bytes.count, by: 500) {
                    try await store.append(
                        [chunk(at: Int64(start), bytes[start..<(start + 500)], after: Double(start))], to: id(1))
                }
            }
            group.addTask {
                var seen = 0
                while seen < bytes.count {
                    let chunks = try await store.chunks(of: id(1), from: Int64(seen), limit: 4000)
                    let read = chunks.flatMap { [UInt8]($0.bytes.readableBytesView) }
                    #expect(read.elementsEqual(bytes[seen...].prefix(read.count)))
                    #expect(try await store.storedBytes(of: id(1)) >= Int64(seen + read.count))
                    seen += read.count
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
    }

    @Sendable static func listsDuringInserts(_ store: any Store) async throws {
        for number in 1...50 { try await store.insert(job(number)) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for number in 51...150 { try await store.insert(job(number)) } }
            group.addTask {
                for _ in 0..<10 {
                    let ids = try await listed(JobQuery(limit: 7), in: store).map(\.id)
                    #expect(ids == ids.sorted(by: >))
                    #expect(Set(ids).count == ids.count)
                    #expect(Set(ids).isSuperset(of: (1...50).map { id($0) }))
                }
            }
            try await group.waitForAll()
        }
    }

    @Sendable static func writesAreVisible(_ store: any Store) async throws {
        for number in 1...50 {
            try await store.insert(job(number))
            async let byID = store.job(id(number))
            async let newest = store.jobs(JobQuery(limit: 1)).jobs.first
            #expect(try await byID == job(number))
            #expect(try await newest == job(number))
            try await store.append([chunk(at: 0, "\(number)")], to: id(number))
            async let length = store.storedBytes(of: id(number))
            #expect(try await length == Int64("\(number)".utf8.count))
        }
    }

    @Sendable static func wholeLivesOverlap(_ store: any Store) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...40 {
                group.addTask {
                    let bytes = noise(3000, seed: UInt64(number))
                    try await store.insert(job(number))
                    try await store.advance(id(number), to: running)
                    for start in stride(from: 0, to: 3000, by: 300) {
                        try await store.append([chunk(at: Int64(start), bytes[start..<(start + 300)])], to: id(number))
                    }
                    try await store.advance(id(number), to: finished(outputBytes: 3000))
                    #expect(try await Self.bytes(of: id(number), in: store) == bytes)
                    if number.isMultiple(of: 2) { try await store.remove(id(number)) }
                }
            }
            try await group.waitForAll()
        }
        let left = try await store.jobs(JobQuery()).jobs
        #expect(left.map(\.id) == stride(from: 39, through: 1, by: -2).map { id($0) })
        #expect(left.allSatisfy { $0.state == finished(outputBytes: 3000) })
        #expect(try await store.unfinishedJobs(onNode: node).isEmpty)
    }

    @Sendable static func cancelledWriteIsWhole(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(400_000)
        for start in stride(from: 0, to: bytes.count, by: 100_000) {
            let batch = [
                chunk(at: Int64(start), bytes[start..<(start + 50_000)]),
                chunk(at: Int64(start + 50_000), bytes[(start + 50_000)..<(start + 100_000)], after: 1),
            ]
            let task = Task { try await store.append(batch, to: id(1)) }
            task.cancel()
            let result = await task.result
            let stored = try await store.storedBytes(of: id(1))
            #expect(stored == Int64(start) || stored == Int64(start + 100_000))
            if case .success = result { #expect(stored == Int64(start + 100_000)) }
            try await store.append(batch, to: id(1))
        }
        #expect(try await Self.bytes(of: id(1), in: store) == bytes)
    }

    @Sendable static func manyReaders(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(200_000)
        try await store.append([chunk(at: 0, bytes)], to: id(1))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for reader in 0..<50 {
                group.addTask {
                    let start = reader * 3000
                    let chunks = try await store.chunks(of: id(1), from: Int64(start), limit: 1000)
                    let read = chunks.flatMap { [UInt8]($0.bytes.readableBytesView) }
                    #expect(!read.isEmpty && read.elementsEqual(bytes[start..<(start + read.count)]))
                }
            }
            try await group.waitForAll()
        }
    }
}
