import CPTY
import Foundation
import Testing

@testable import SrunKit

@Suite("Starts that a crash interrupts") struct PendingStartsTests {
    private func job(_ number: UInt16) -> JobID { JobID(milliseconds: 5, sequence: number, random: 7) }

    @Test func theNextWorkerFindsWhatWasNotHandedOver() throws {
        let (first, memory) = try PendingStarts.make()
        #expect(first.found.isEmpty)
        // The longest name that a caller may give, and one in a place that was used before.
        let long = try #require(JobID(String(repeating: "x", count: 64)))
        for job in [job(1), long, job(2)] { first.insert(job) }
        first.insert(job(1))
        first.remove(long)
        first.insert(job(3))
        first.remove(job(2))
        first.remove(job(9))
        let second = try #require(PendingStarts(adopting: memory))
        #expect(second.found == [job(1), job(3)])
        second.remove(job(1))
        second.insert(long)
        #expect(PendingStarts(adopting: memory)?.found == [job(3), long])
    }

    /// A start that takes every worker with it is given up, so that the others go on.
    @Test func aStartThatWorkersDieOfIsNotTriedForEver() throws {
        let (first, memory) = try PendingStarts.make()
        first.insert(job(1))
        var tries = 0
        while let next = PendingStarts(adopting: memory), next.found.contains(job(1)), tries < 10 {
            next.insert(job(1))
            tries += 1
        }
        #expect(tries == PendingStarts.attempts)
        #expect(PendingStarts(adopting: memory)?.found.isEmpty == true)
    }

    @Test func moreThanThereIsRoomForAreStartedWithoutIt() throws {
        let (first, memory) = try PendingStarts.make()
        let count = UInt16(PendingStarts.slotCount) + 10
        for number in 0..<count { first.insert(job(number)) }
        #expect(PendingStarts(adopting: memory)?.found.count == PendingStarts.slotCount)
        for number in 0..<count { first.remove(job(number)) }
        #expect(PendingStarts(adopting: memory)?.found.isEmpty == true)
    }

    @Test func memoryOfAnotherKindIsNotTaken() throws {
        let empty = Descriptor(cpty_open_memory("empty", 100))
        #expect(PendingStarts(adopting: empty) == nil)
        let (_, memory) = try PendingStarts.make()
        #expect(pwrite(memory.number, "x", 1, 0) == 1)
        #expect(PendingStarts(adopting: memory) == nil)
    }
}
