import Foundation
import SrunKit
import Testing

@Suite("Job states")
struct JobStateTests {
    static let run = JobRun(startedAt: Date(microseconds: 1_000_000))
    static let started = JobRun(startedAt: run.startedAt, processID: 7)
    static func end(_ ending: JobOutcome.Ending) -> JobEnd {
        JobEnd(outcome: JobOutcome(ending), endedAt: Date(microseconds: 2_000_000), outputBytes: 0)
    }

    @Test func goOnlyForward() {
        let done = JobState.finished(Self.end(.exited(.code(0))), Self.started)
        #expect(JobState.queued.mayAdvance(to: .running(Self.run)))
        #expect(JobState.queued.mayAdvance(to: .finished(Self.end(.stopped(nil)), nil)))
        #expect(JobState.running(Self.run).mayAdvance(to: .running(Self.started)))
        #expect(JobState.running(Self.started).mayAdvance(to: done))
        #expect(JobState.running(Self.run).mayAdvance(to: .finished(Self.end(.failedToStart), Self.run)))

        #expect(!JobState.running(Self.started).mayAdvance(to: .queued))
        #expect(!JobState.running(Self.started).mayAdvance(to: .running(Self.run)))
        #expect(
            !JobState.running(Self.started).mayAdvance(
                to: .running(JobRun(startedAt: Self.run.startedAt, processID: 8))))
        #expect(!JobState.running(Self.started).mayAdvance(to: .finished(Self.end(.lost), nil)))
        #expect(!done.mayAdvance(to: .running(Self.started)))
        #expect(!done.mayAdvance(to: .finished(Self.end(.lost), Self.started)))
    }

    @Test func mayBeWrittenTwice() {
        let done = JobState.finished(Self.end(.exited(.signal(9))), Self.started)
        for state in [JobState.queued, .running(Self.run), .running(Self.started), done] {
            #expect(state.mayAdvance(to: state))
        }
    }

    @Test(
        arguments: [
            (JobOutcome.Ending.exited(.code(0)), JobStatus.completed, 0, nil), (.exited(.code(7)), .failed, 7, nil),
            (.exited(.signal(11)), .failed, nil, 11), (.failedToStart, .failed, nil, nil),
            (.stopped(.signal(15)), .stopped, nil, 15), (.stopped(nil), .stopped, nil, nil),
            (.timedOut(.signal(9)), .timeout, nil, 9), (.lost, .lost, nil, nil),
        ] as [(JobOutcome.Ending, JobStatus, Int32?, Int32?)])
    func followFromTheOutcome(_ ending: JobOutcome.Ending, _ status: JobStatus, _ code: Int32?, _ signal: Int32?) {
        let outcome = JobOutcome(ending)
        #expect(outcome.status == status)
        #expect(outcome.exitCode == code)
        #expect(outcome.signal == signal)
        #expect(JobOutcome(status: status, exitCode: code, signal: signal) == outcome)
    }
}
