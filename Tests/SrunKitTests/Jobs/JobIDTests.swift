import Foundation
import SrunKit
import Synchronization
import Testing

@Suite("Job identifiers")
struct JobIDTests {
    @Test func areUUIDsOfVersionSeven() {
        let id = JobID(milliseconds: 0x0123_4567_89ab, sequence: 0xcde, random: 0)
        #expect(id.text == "01234567-89ab-7cde-8000-000000000000")
        #expect(UUID(uuidString: id.text) != nil)
    }

    @Test func sortInTheOrderInWhichTheyWereMade() {
        let generator = JobIDGenerator()
        let made = (0..<10_000).map { _ in generator.next() }
        #expect(made == made.sorted())
        #expect(Set(made).count == made.count)
    }

    @Test func keepTheirOrderWhenTheClockStepsBack() {
        let time = Mutex(Date(timeIntervalSince1970: 1_000))
        let generator = JobIDGenerator { time.withLock { $0 } }
        let before = generator.next()
        time.withLock { $0 = Date(timeIntervalSince1970: 10) }
        #expect(generator.next() > before)
    }

    @Test(arguments: ["", "../x", "a b", "a/b", "é", "'; drop", String(repeating: "a", count: 65), "a\0"])
    func refuseTextThatIsNoIdentifier(_ text: String) {
        #expect(JobID(text) == nil)
    }

    @Test(arguments: ["2c8c1b0e-3f0a-4f2e-9b39-0d7f1fd4c111", "A", "job_1", String(repeating: "a", count: 64)])
    func acceptIdentifiersOfEarlierTools(_ text: String) {
        #expect(JobID(text)?.text == text)
    }
}
