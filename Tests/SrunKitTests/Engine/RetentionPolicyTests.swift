import Foundation
import Testing

@testable import SrunKit

@Suite("Retention policy")
struct RetentionPolicyTests {
    private static let now = Date(microseconds: 1_750_000_000_000_000)

    /// Jobs 1, 2, 3... of so many bytes each, that ended so many seconds ago.
    private func finished(_ jobs: [(secondsAgo: Double, bytes: Int64)], further: Int = 0, furtherBytes: Int64 = 0)
        -> FinishedJobs
    {
        let oldest = jobs.enumerated().map { index, job in
            FinishedJob(
                id: id(index + 1), endedAt: Self.now.addingTimeInterval(-job.secondsAgo), outputBytes: job.bytes)
        }
        return FinishedJobs(
            count: jobs.count + further, outputBytes: jobs.reduce(furtherBytes) { $0 + $1.bytes }, oldest: oldest)
    }

    private func id(_ number: Int) -> JobID { JobID(milliseconds: UInt64(number), sequence: 0, random: 0) }

    private func expired(_ policy: RetentionPolicy, _ finished: FinishedJobs) -> [Int] {
        let expired = policy.expired(in: finished, now: Self.now)
        return (1...100).filter { expired.contains(id($0)) }
    }

    @Test func keepsEverythingWithoutLimits() {
        #expect(expired(.keepsEverything, finished([(1e9, 1 << 50), (1e8, 1 << 50)])).isEmpty)
    }

    private static let ages: [(Duration, [Int])] = [
        (.seconds(100), [1, 2]), (.seconds(200), [1]), (.seconds(300), []), (.zero, [1, 2, 3]),
    ]

    @Test("by age", arguments: ages)
    func removesWhatIsTooOld(_ age: Duration, _ numbers: [Int]) {
        let jobs = finished([(300, 0), (200, 0), (100, 0), (10, 0)])
        #expect(expired(RetentionPolicy(age: age), jobs) == numbers)
    }

    private static let numbers: [(Int, [Int])] = [(5, []), (4, [1]), (3, [1, 2]), (1, [1, 2, 3]), (0, [1, 2, 3])]

    @Test("by number", arguments: numbers)
    func removesWhatIsTooMany(_ jobs: Int, _ numbers: [Int]) {
        // The page ends with the third job; the store knows of five.
        let finished = finished([(300, 0), (200, 0), (100, 0)], further: 2)
        #expect(expired(RetentionPolicy(jobs: jobs), finished) == numbers)
    }

    private static let amounts: [(Int64, [Int])] = [
        (160, []), (159, [1]), (150, [1]), (149, [1, 2]), (0, [1, 2, 3]),
    ]

    @Test("by bytes", arguments: amounts)
    func removesWhatIsTooMuch(_ bytes: Int64, _ numbers: [Int]) {
        let finished = finished([(300, 10), (200, 20), (100, 30)], further: 1, furtherBytes: 100)
        #expect(expired(RetentionPolicy(bytes: bytes), finished) == numbers)
    }

    @Test func eachLimitCounts() {
        let finished = finished([(400, 0), (300, 50), (200, 50), (100, 50)])
        #expect(expired(RetentionPolicy(age: .seconds(350), jobs: 10, bytes: 100), finished) == [1, 2])
        #expect(expired(RetentionPolicy(age: .seconds(350), jobs: 1, bytes: 100), finished) == [1, 2, 3])
    }

    @Test func jobsThatJustEndedStay() {
        let finished = finished([(60, 1), (59, 1), (0, 1), (-1000, 1)])
        #expect(expired(RetentionPolicy(age: .zero, jobs: 0, bytes: 0), finished) == [1])
    }

    @Test func anEndInTheFutureHoldsUpNoOther() {
        let finished = finished([(-1000, 5), (-900, 5), (-800, 5)])
        #expect(expired(RetentionPolicy(age: .zero), finished).isEmpty)
        #expect(expired(RetentionPolicy(jobs: 1), finished) == [1, 2])
        #expect(expired(RetentionPolicy(bytes: 12), finished) == [1])
    }

    @Test func anEndByAClockThatWasWrongTellsNoAge() {
        let finished = finished([(Self.now.timeIntervalSince1970 - 86_400, 5), (5000, 5)])
        #expect(expired(RetentionPolicy(age: .seconds(1000)), finished) == [2])
        #expect(expired(RetentionPolicy(jobs: 1), finished) == [1])
    }

    @Test func jobsTakenOverAreAsOldAsTheirPresenceHere() {
        var finished = finished([(5000, 1), (4000, 1), (100, 1)])
        finished.takenOverAt = Self.now.addingTimeInterval(-1000)
        #expect(expired(RetentionPolicy(age: .seconds(1100)), finished).isEmpty)
        #expect(expired(RetentionPolicy(age: .seconds(900)), finished) == [1, 2])
        #expect(expired(RetentionPolicy(jobs: 1), finished) == [1, 2])
    }

    @Test func aServerKeepsThirtyDaysAndTenGibibytes() {
        #expect(RetentionPolicy.standard == RetentionPolicy(age: .seconds(2_592_000), bytes: 10_737_418_240))
    }
}
