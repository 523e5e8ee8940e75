import Foundation
import SrunKit
import Testing

/// What ``RetryKeeping`` promises. A store without it has nothing to prove here.
extension StoreContract {
    public static let retrying = [
        StoreRequirement("pauses before another try stay", needs: .durability, pausesStay),
        StoreRequirement("a try takes the pause before it away, and nothing else does", tryTakesPause),
        StoreRequirement("a pause can be given up", pauseIsGivenUp),
    ]

    private static func failed(retryAfter seconds: Double) -> JobState {
        .finished(
            JobEnd(
                outcome: JobOutcome(.exited(.code(1))), endedAt: noon.addingTimeInterval(9), outputBytes: 0,
                retryAt: noon.addingTimeInterval(seconds)), run)
    }

    private static func secondTry(_ number: Int, of origin: Int) -> Job {
        let spec = JobSpec(stored: .shell("echo")).tried(RetryOrigin(of: id(origin), attempt: 2))
        return Job(id: id(number), spec: spec, createdAt: noon.addingTimeInterval(Double(number)), node: node)
    }

    @Sendable static func pausesStay(_ open: StoreRequirement.Opening) async throws {
        let late = job(1, failed(retryAfter: 30.000001))
        let early = job(2, failed(retryAfter: 20))
        let store = try await open()
        for job in [late, early, job(3, finished(.exited(.code(1)))), job(4, failed(retryAfter: 1), node: "other")] {
            try await store.insert(job)
        }
        await store.close()
        let again = try await open()
        if let keeping = again as? any Store & RetryKeeping {
            #expect(try await keeping.jobsToRetry(onNode: node) == [early, late])
        }
        await again.close()
    }

    @Sendable static func tryTakesPause(_ store: any Store) async throws {
        guard let store = store as? any Store & RetryKeeping else { return }
        try await store.insert(job(1, running))
        try await store.insert(job(2, running))
        for number in 1...2 { try await store.advance(id(number), to: failed(retryAfter: Double(number))) }
        #expect(try await store.jobsToRetry(onNode: node).map(\.id) == [id(1), id(2)])
        // One that is refused takes nothing away.
        await #expect(throws: error(.alreadyExists)) { try await store.insert(secondTry(2, of: 1)) }
        #expect(try await store.jobsToRetry(onNode: node).map(\.id) == [id(1), id(2)])
        try await store.insert(secondTry(3, of: 1))
        #expect(try await store.jobsToRetry(onNode: node).map(\.id) == [id(2)])
        #expect(try await store.job(id(1))?.state == failed(retryAfter: 1).withoutRetry)
        // Whoever comes second, and whoever tries what nobody wants tried.
        await #expect(throws: error(.alreadyExists)) { try await store.insert(secondTry(4, of: 1)) }
        await #expect(throws: error(.alreadyExists)) { try await store.insert(secondTry(4, of: 3)) }
        #expect(try await store.job(id(4)) == nil)
        try await store.insert(secondTry(4, of: 9))
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 11...16 {
                group.addTask {
                    do {
                        try await store.insert(secondTry(number, of: 2))
                        return 1
                    } catch let refusal as StoreError where refusal == error(.alreadyExists) {
                        return 0
                    }
                }
            }
            var accepted = 0
            for try await count in group { accepted += count }
            #expect(accepted == 1)
        }
        #expect(try await store.jobsToRetry(onNode: node).isEmpty)
        try await store.insert(job(5, failed(retryAfter: 1)))
        try await store.remove(id(5))
        #expect(try await store.jobsToRetry(onNode: node).isEmpty)
    }

    @Sendable static func pauseIsGivenUp(_ store: any Store) async throws {
        guard let store = store as? any Store & RetryKeeping else { return }
        try await store.insert(job(1, failed(retryAfter: 5)))
        try await store.giveUpRetry(of: id(2))
        try await store.giveUpRetry(of: id(1))
        #expect(try await store.jobsToRetry(onNode: node).isEmpty)
        #expect(try await store.job(id(1))?.state == failed(retryAfter: 5).withoutRetry)
    }
}
