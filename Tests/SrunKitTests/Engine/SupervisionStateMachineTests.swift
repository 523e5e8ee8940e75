import Testing

@testable import SrunKit

@Suite("Supervision state machine")
struct SupervisionStateMachineTests {
    private typealias Event = SupervisionStateMachine.Event
    private typealias Action = SupervisionStateMachine.Action

    private func actions(_ events: [Event]) -> [Action] {
        var machine = SupervisionStateMachine()
        return events.flatMap { machine.handle($0) }
    }

    private let exit7 = ProcessTermination(exit: .code(7))
    private let term = ProcessTermination(exit: .signal(15))

    @Test func waitsForTheEndOfOutput() {
        #expect(actions([.processEnded(exit7)]) == [.startDrainTimer])
        #expect(
            actions([.processEnded(exit7), .outputEnded]) == [.startDrainTimer, .finish(JobOutcome(.exited(.code(7))))])
    }

    @Test func waitsForTheProcessWhenOutputEndsFirst() {
        #expect(actions([.outputEnded]) == [])
        #expect(actions([.outputEnded, .processEnded(exit7)]) == [.finish(JobOutcome(.exited(.code(7))))])
    }

    @Test func doesNotWaitForWhoeverHoldsTheOutputOpen() {
        #expect(
            actions([.processEnded(exit7), .drainTimeOver]) == [
                .startDrainTimer, .finish(JobOutcome(.exited(.code(7)))),
            ])
    }

    @Test func aStoppedJobIsOverWhenItsTreeIsGone() {
        let events: [Event] = [.stopRequested(.asked(by: nil)), .processEnded(term), .outputEnded]
        #expect(actions(events) == [.tearDown(.graceful), .startDrainTimer])
        #expect(actions(events + [.treeGone(survivors: [])]).last == .finish(JobOutcome(.stopped(.signal(15)))))
    }

    @Test func theFirstReasonToStopWins() {
        let events: [Event] = [
            .timeLimitReached, .stopRequested(.asked(by: nil)), .processEnded(term), .outputEnded,
            .treeGone(survivors: []),
        ]
        #expect(
            actions(events) == [.tearDown(.graceful), .startDrainTimer, .finish(JobOutcome(.timedOut(.signal(15))))])
    }

    @Test func stoppingWhatHasEndedChangesNothing() {
        #expect(
            actions([.processEnded(exit7), .stopRequested(.asked(by: nil)), .outputEnded])
                == [.startDrainTimer, .finish(JobOutcome(.exited(.code(7))))])
    }

    @Test func namesWhatSurvivesTheKill() {
        let stuck = actions([.stopRequested(.asked(by: nil)), .treeGone(survivors: [12, 13])])
        #expect(
            stuck == [
                .tearDown(.graceful),
                .finish(JobOutcome(.stopped(nil), reason: "still alive after being killed: process 12, 13")),
            ])
    }

    @Test func saysThatTheServerWasShutDown() {
        let events: [Event] = [
            .stopRequested(.serverShutdown), .processEnded(term), .outputEnded, .treeGone(survivors: []),
        ]
        #expect(
            actions(events).last == .finish(JobOutcome(.stopped(.signal(15)), reason: "the server was shut down")))
    }
}
