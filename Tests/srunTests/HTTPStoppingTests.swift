import SrunKit
import SrunTestSupport
import Testing

@testable import srun

/// A job that does not end when it is told to.
@Suite("What will not end", .timeLimit(.minutes(1))) struct HTTPStoppingTests {
    private static let grace = Duration.seconds(2)

    @Test func isNotRunAgain() async throws {
        let process = ScriptedProcess(onSignal: { _, _ in })
        let (first, second) = (Event<Void>(), Event<Void>())
        let launcher = ScriptedLauncher { _ throws(LaunchError) in
            guard first.hasHappened else {
                first.happen(())
                return process
            }
            second.happen(())
            let other = ScriptedProcess()
            other.end(.code(0))
            return other
        }
        let clock = ManualClock()
        try await TestServer.run(launcher: launcher, clock: clock) { server in
            defer { process.end(.signal(9)) }
            let id = try await server.start()
            let answered = Event<Void>()
            let answer = try await withThrowingTaskGroup(of: RawResponse?.self) { group in
                group.addTask {
                    defer { answered.happen(()) }
                    return try await server.request("POST", "/api/jobs/\(id)/restart")
                }
                // However far the time goes, there is but one answer as long as the process lives.
                group.addTask {
                    while !answered.hasHappened {
                        clock.advance(by: .milliseconds(100))
                        await Task.yield()
                    }
                    return nil
                }
                return try await group.compactMap(\.self).first { _ in true }
            }
            let refusal = try #require(answer)
            #expect(refusal.status == 409 && refusal.code == "still_stopping")
            #expect(refusal.json["status"] == "stopped")
            // It had its grace time, and was killed more than once.
            #expect(clock.now.offset >= Self.grace)
            var signals = process.signals.makeAsyncIterator()
            #expect(await signals.next() == 15)
            #expect(launcher.launches.count == 1)
            #expect(try await server.engine.jobs(JobQuery()).jobs.count == 1)
            let job = try await server.request("GET", "/api/jobs/\(id)")
            #expect(job.json["reason"] == "still alive after being killed: process 4242")
            // Who has read that and wants it all the same gets it.
            #expect(try await server.request("POST", "/api/jobs/\(id)/restart").status == 200)
            #expect(await second.wait() != nil)
        }
    }
}
