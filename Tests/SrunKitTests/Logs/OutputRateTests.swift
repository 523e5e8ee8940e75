import Foundation
import Testing

@testable import SrunKit

@Suite("Output that pours") struct OutputRateTests {
    @Test func isReadLateOnlyWhenThereIsMuchOfIt() {
        var pace = ReadPace()
        let start = Date(timeIntervalSince1970: 1)
        pace.took(80, at: start)
        #expect(!pace.isPouring)
        pace.took(80, at: start + 0.010)
        #expect(!pace.isPouring, "a line every 10 ms waits for nothing")
        pace.took(80, at: start + 0.0105)
        #expect(pace.isPouring, "many lines in a moment")
        pace.took(4096, at: start + 1)
        #expect(pace.isPouring, "a block")
        pace.took(1, at: start + 2)
        #expect(!pace.isPouring, "quiet again")
    }

    @Test func leavesTheIndexForLater() {
        var rate = OutputRate()
        let (one, two) = (
            JobID(milliseconds: 1, sequence: 0, random: 0), JobID(milliseconds: 1, sequence: 1, random: 0)
        )
        let start = ContinuousClock.now + .seconds(1)
        _ = rate.isPouring([one: 0], served: 0, at: start)
        let slow = rate.isPouring([one: 1_000_000], served: 0, at: start + .seconds(1))
        let both = rate.isPouring([one: 4_000_000, two: 3_000_000], served: 0, at: start + .seconds(2))
        let left = rate.isPouring([two: 3_100_000], served: 0, at: start + .seconds(3))
        let read = rate.isPouring([:], served: 5_000_000, at: start + .seconds(4))
        let quiet = rate.isPouring([:], served: 5_000_000, at: start + .seconds(5))
        #expect(!slow)
        #expect(both)
        #expect(!left, "the one that poured has ended")
        #expect(read, "nobody prints, but somebody reads")
        #expect(!quiet)
    }
}
