import Foundation
import Testing

@testable import SrunKit

@Suite("Process trees", .timeLimit(.minutes(1))) struct ProcessTreeTests {
    private let job = JobID(milliseconds: 5, sequence: 2, random: 7)

    /// F33: a stranger that leads a session with the number of one of the job's.
    @Test func aSessionThatBeganAtAnotherTimeIsNotOfTheJob() async throws {
        let stranger = try await LocalProcessLauncher().launch(
            ProcessLaunch(
                job: JobID(milliseconds: 6, sequence: 2, random: 7), command: .arguments(["/bin/sleep", "1000"]),
                workingDirectory: "/", environment: [:], terminal: nil))
        let process = stranger.processID
        let began = try #require(ProcessTree.beginning(of: process))
        #expect(ProcessTree(job: job, session: process, began: began).processes() == [process])
        let other = ProcessTree(job: job, session: process, began: began + 1)
        #expect(other.processes().isEmpty)
        #expect(other.handle(of: process) == nil)
        other.signal(SIGKILL)
        ProcessTree(job: job, session: process, began: began).signal(SIGTERM)
        #expect(await stranger.termination()?.exit == .signal(SIGTERM))
        await stranger.close()
        #expect(ProcessTree.beginning(of: process) == nil)
    }
}
