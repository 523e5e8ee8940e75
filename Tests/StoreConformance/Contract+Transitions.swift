import Foundation
import SrunKit
import Testing

extension StoreContract {
    public static let transitions =
        steps + [
            StoreRequirement("a state that is sent again changes nothing", repeatedStateIsAccepted),
            StoreRequirement(
                "a state is recognized although its times were finer than a microsecond", recognizesFinerTimes),
            StoreRequirement("a refused step leaves the job as it was", refusedStepChangesNothing),
            StoreRequirement("a refusal says from which status", refusalNamesStatus),
            StoreRequirement("an unknown job cannot advance", unknownJobCannotAdvance),
            StoreRequirement("a process ID is filled in, and then stays", fillsInProcessID),
            StoreRequirement("a step changes the one job", otherJobsStay),
            StoreRequirement("a step changes nothing but the state", specStays),
            StoreRequirement("a finished state sets the length of the output", finishSetsLength),
        ]

    private static let states: [(name: String, state: JobState)] = [
        ("queued", .queued),
        ("running without a process", .running(JobRun(startedAt: run.startedAt))),
        ("running", running),
        ("running since another time", .running(JobRun(startedAt: noon.addingTimeInterval(3), processID: 4711))),
        ("running as another process", .running(JobRun(startedAt: run.startedAt, processID: 4712))),
        ("completed", finished()),
        ("failed", finished(.exited(.code(2)))),
        ("stopped", finished(.stopped(.signal(15)))),
        ("stopped before it ran", finished(.stopped(nil), run: nil)),
        ("timed out", finished(.timedOut(.signal(9)))),
        ("lost", finished(.lost)),
        ("lost before it ran", finished(.lost, run: nil)),
        ("failed to start", finished(.failedToStart, run: JobRun(startedAt: run.startedAt))),
    ]

    /// One requirement for each state, about the way from it to every other: JobState alone decides.
    private static let steps = states.map { name, start in
        StoreRequirement("a job that is \(name) goes where its state allows, and nowhere else") { store in
            for (number, target) in states.enumerated() {
                let before = job(number, start)
                try await store.insert(before)
                if start.mayAdvance(to: target.state) {
                    try await store.advance(before.id, to: target.state)
                    #expect(try await store.job(before.id)?.state == target.state, "to \(target.name)")
                } else {
                    await #expect(throws: error(.illegalTransition(from: start.status)), "to \(target.name)") {
                        try await store.advance(before.id, to: target.state)
                    }
                    #expect(try await store.job(before.id) == before, "to \(target.name)")
                }
            }
        }
    }

    @Sendable static func repeatedStateIsAccepted(_ store: any Store) async throws {
        for (number, entry) in states.enumerated() {
            let before = job(number, entry.state)
            try await store.insert(before)
            try await store.advance(before.id, to: entry.state)
            try await store.advance(before.id, to: entry.state)
            #expect(try await store.job(before.id) == before, "\(entry.name)")
        }
    }

    @Sendable static func recognizesFinerTimes(_ store: any Store) async throws {
        let fine = Date(timeIntervalSince1970: 1_750_000_000.123_456_7)
        let started = JobState.running(JobRun(startedAt: fine, processID: 1))
        let ended = JobState.finished(
            JobEnd(outcome: JobOutcome(.exited(.code(0))), endedAt: fine, outputBytes: 0),
            JobRun(startedAt: fine, processID: 1))
        try await store.insert(job(1))
        for state in [started, started, ended, ended] { try await store.advance(id(1), to: state) }
        #expect(try await store.job(id(1))?.state == ended)
        try await store.insert(job(2, started))
        try await store.advance(id(2), to: ended)
    }

    @Sendable static func refusedStepChangesNothing(_ store: any Store) async throws {
        let before = job(1, finished(.exited(.code(3)), reason: "kept", outputBytes: 12))
        try await store.insert(before)
        await #expect(throws: error(.illegalTransition(from: .failed))) {
            try await store.advance(id(1), to: finished(.exited(.code(3)), reason: "other", outputBytes: 99))
        }
        #expect(try await store.job(id(1)) == before)
    }

    @Sendable static func refusalNamesStatus(_ store: any Store) async throws {
        try await store.insert(job(1, finished(.lost)))
        await #expect(throws: error(.illegalTransition(from: .lost))) { try await store.advance(id(1), to: running) }
        try await store.insert(job(2, running))
        await #expect(throws: error(.illegalTransition(from: .running))) { try await store.advance(id(2), to: .queued) }
    }

    @Sendable static func unknownJobCannotAdvance(_ store: any Store) async throws {
        await #expect(throws: error(.jobNotFound)) { try await store.advance(id(1), to: running) }
        #expect(try await store.job(id(1)) == nil)
    }

    @Sendable static func fillsInProcessID(_ store: any Store) async throws {
        let claimed = JobState.running(JobRun(startedAt: run.startedAt))
        try await store.insert(job(1))
        try await store.advance(id(1), to: claimed)
        try await store.advance(id(1), to: running)
        #expect(try await store.job(id(1))?.state == running)
        await #expect(throws: error(.illegalTransition(from: .running))) { try await store.advance(id(1), to: claimed) }
        #expect(try await store.job(id(1))?.state == running)
    }

    @Sendable static func otherJobsStay(_ store: any Store) async throws {
        let others = [job(1), job(3, running), job(4, finished())]
        for other in others { try await store.insert(other) }
        try await store.insert(job(2))
        try await store.advance(id(2), to: running)
        try await store.advance(id(2), to: finished(.timedOut(nil)))
        for other in others { #expect(try await store.job(other.id) == other) }
    }

    @Sendable static func specStays(_ store: any Store) async throws {
        let before = job(1, command: "run me", name: "name", tags: ["a", "b"])
        try await store.insert(before)
        try await store.advance(id(1), to: running)
        try await store.advance(id(1), to: finished(outputBytes: 3))
        var after = before
        after.state = finished(outputBytes: 3)
        after.outputBytes = 3
        #expect(try await store.job(id(1)) == after)
    }

    @Sendable static func finishSetsLength(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        try await store.append([chunk(at: 0, "abc")], to: id(1))
        try await store.advance(id(1), to: finished(outputBytes: 3))
        #expect(try await store.job(id(1))?.outputBytes == 3)
        #expect(try await store.jobs(JobQuery()).jobs.map(\.outputBytes) == [3])
    }
}
