import Foundation
import SrunKit
import Testing

extension StoreContract {
    public static let retention = [
        StoreRequirement("an empty store has no ended jobs", noneEnded),
        StoreRequirement("ended jobs are counted with their output, others are not", countsOnlyEndedJobs),
        StoreRequirement("those that ended first come first, whenever they began", firstToEndFirst),
        StoreRequirement("jobs that ended at the same time are ordered by identifier", sameEndByIdentifier),
        StoreRequirement("the totals are of all ended jobs, the first ones as many as asked for", firstOnesAreLimited),
        StoreRequirement("a limit out of range is brought inside", retentionLimitIsBroughtInside),
        StoreRequirement("a removed job no longer counts", removedJobsDoNotCount),
        StoreRequirement("ended jobs of every node and every final status count", everyNodeAndStatusCounts),
        StoreRequirement("ended jobs count after the store was opened again", needs: .durability, countsAfterOpening),
    ]

    private static func ended(_ number: Int, after seconds: Double, bytes: Int64, ending: JobOutcome.Ending = .lost)
        -> JobState
    {
        .finished(
            JobEnd(outcome: JobOutcome(ending), endedAt: noon.addingTimeInterval(seconds), outputBytes: bytes), run)
    }

    /// Without what differs between a store that was made empty and one that took over the jobs of another.
    private static func finishedJobs(_ store: any Store, oldest limit: Int) async throws -> FinishedJobs {
        var finished = try await store.finishedJobs(oldest: limit)
        finished.takenOverAt = nil
        return finished
    }

    private static func summary(_ number: Int, after seconds: Double, bytes: Int64) -> FinishedJob {
        FinishedJob(id: id(number), endedAt: noon.addingTimeInterval(seconds).inWholeMicroseconds, outputBytes: bytes)
    }

    @Sendable static func noneEnded(_ store: any Store) async throws {
        let none = FinishedJobs(count: 0, outputBytes: 0, oldest: [])
        #expect(try await finishedJobs(store, oldest: 10) == none)
        try await store.insert(job(1))
        try await store.insert(job(2, running))
        #expect(try await finishedJobs(store, oldest: 10) == none)
    }

    @Sendable static func countsOnlyEndedJobs(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        try await store.append([chunk(at: 0, "12345")], to: id(1))
        try await store.insert(job(2, running))
        try await store.append([chunk(at: 0, "123")], to: id(2))
        try await store.advance(id(2), to: ended(2, after: 5, bytes: 3))
        try await store.insert(job(3, ended(3, after: 6, bytes: 10)))
        #expect(
            try await finishedJobs(store, oldest: 10)
                == FinishedJobs(
                    count: 2, outputBytes: 13,
                    oldest: [summary(2, after: 5, bytes: 3), summary(3, after: 6, bytes: 10)]))
    }

    @Sendable static func firstToEndFirst(_ store: any Store) async throws {
        for (number, seconds) in [(1, 30.0), (2, 10), (3, 20), (4, 10.000001)] {
            try await store.insert(job(number, ended(number, after: seconds, bytes: 0)))
        }
        #expect(try await finishedJobs(store, oldest: 10).oldest.map(\.id) == [2, 4, 3, 1].map(id))
    }

    @Sendable static func sameEndByIdentifier(_ store: any Store) async throws {
        for number in [3, 1, 2] { try await store.insert(job(number, ended(number, after: 1, bytes: 0))) }
        #expect(try await finishedJobs(store, oldest: 10).oldest.map(\.id) == [1, 2, 3].map(id))
    }

    @Sendable static func firstOnesAreLimited(_ store: any Store) async throws {
        for number in 1...7 { try await store.insert(job(number, ended(number, after: Double(number), bytes: 100))) }
        let finished = try await finishedJobs(store, oldest: 3)
        #expect(finished.count == 7)
        #expect(finished.outputBytes == 700)
        #expect(finished.oldest.map(\.id) == [1, 2, 3].map(id))
    }

    @Sendable static func retentionLimitIsBroughtInside(_ store: any Store) async throws {
        for number in 1...3 { try await store.insert(job(number, ended(number, after: 1, bytes: 0))) }
        for limit in [Int.min, -1, 0, 1] { #expect(try await finishedJobs(store, oldest: limit).oldest.count == 1) }
        #expect(try await finishedJobs(store, oldest: .max).oldest.count == 3)
    }

    @Sendable static func removedJobsDoNotCount(_ store: any Store) async throws {
        for number in 1...3 { try await store.insert(job(number, ended(number, after: Double(number), bytes: 5))) }
        try await store.remove(id(1))
        #expect(
            try await finishedJobs(store, oldest: 1)
                == FinishedJobs(count: 2, outputBytes: 10, oldest: [summary(2, after: 2, bytes: 5)]))
    }

    @Sendable static func everyNodeAndStatusCounts(_ store: any Store) async throws {
        let endings: [JobOutcome.Ending] = [
            .exited(.code(0)), .exited(.code(1)), .exited(.signal(9)), .failedToStart, .stopped(nil), .timedOut(nil),
            .lost,
        ]
        for (number, ending) in endings.enumerated() {
            let state = ended(number, after: Double(number), bytes: 1, ending: ending)
            try await store.insert(job(number, state, node: "node-\(number % 2)"))
        }
        let finished = try await finishedJobs(store, oldest: 100)
        #expect(finished.count == endings.count)
        #expect(finished.outputBytes == Int64(endings.count))
        #expect(finished.oldest.map(\.id) == endings.indices.map(id))
    }

    @Sendable static func countsAfterOpening(_ open: StoreRequirement.Opening) async throws {
        let first = try await open()
        try await first.insert(job(1, ended(1, after: 1, bytes: 5)))
        await first.close()
        let second = try await open()
        let finished = try await finishedJobs(second, oldest: 10)
        await second.close()
        #expect(finished == FinishedJobs(count: 1, outputBytes: 5, oldest: [summary(1, after: 1, bytes: 5)]))
    }
}
