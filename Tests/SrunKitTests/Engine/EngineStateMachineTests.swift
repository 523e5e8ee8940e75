import Testing

@testable import SrunKit

@Suite("Engine state machine")
struct EngineStateMachineTests {
    private let ids = (0..<6).map { JobID(milliseconds: 1, sequence: $0, random: 0) }

    @Test func startsUpToTheLimitThenQueuesThenRefuses() {
        var machine = EngineStateMachine(runningLimit: 2, queueLimit: 1)
        #expect(machine.submit(ids[0]) == .start)
        #expect(machine.submit(ids[1]) == .start)
        #expect(machine.submit(ids[2]) == .enqueue)
        #expect(machine.submit(ids[3]) == .refuse(.queueFull))
    }

    @Test func startsInTheOrderOfSubmission() {
        var machine = EngineStateMachine(runningLimit: 1, queueLimit: 10)
        for id in ids { _ = machine.submit(id) }
        for (running, next) in zip(ids, ids.dropFirst()) {
            #expect(machine.startNext() == [])
            machine.ended(running)
            #expect(machine.startNext() == [next])
        }
    }

    @Test func letsNobodyOvertakeTheQueue() {
        var machine = EngineStateMachine(runningLimit: 1, queueLimit: 10)
        _ = machine.submit(ids[0])
        _ = machine.submit(ids[1])
        machine.ended(ids[0])
        #expect(machine.submit(ids[2]) == .enqueue)
        #expect(machine.startNext() == [ids[1]])
    }

    @Test func resumesWhatWasQueuedEvenBeyondTheLimit() {
        var machine = EngineStateMachine(runningLimit: 2, queueLimit: 1)
        for id in ids { machine.resume(id) }
        #expect(machine.startNext() == [ids[0], ids[1]])
        #expect(machine.submit(JobID(milliseconds: 2, sequence: 0, random: 0)) == .refuse(.queueFull))
    }

    @Test func withdrawsWhatHasNotStarted() {
        var machine = EngineStateMachine(runningLimit: 1, queueLimit: 10)
        _ = machine.submit(ids[0])
        _ = machine.submit(ids[1])
        #expect(machine.stop(ids[0]) == .interrupt)
        #expect(machine.stop(ids[1]) == .withdrawn)
        #expect(machine.stop(ids[1]) == .unknown)
        machine.ended(ids[0])
        #expect(machine.startNext() == [])
    }

    @Test func startsNothingOnceItShutsDown() {
        var machine = EngineStateMachine(runningLimit: 1, queueLimit: 10)
        _ = machine.submit(ids[0])
        _ = machine.submit(ids[1])
        #expect(machine.shutDown() == [ids[0]])
        #expect(machine.shutDown() == [])
        #expect(machine.submit(ids[2]) == .refuse(.shuttingDown))
        machine.ended(ids[0])
        #expect(machine.startNext() == [])
    }

    @Test func higherPrioritiesGoFirst() {
        var machine = EngineStateMachine(runningLimit: 1, queueLimit: 10)
        _ = machine.submit(ids[0])
        _ = machine.submit(ids[1], Queueing(priority: -5))
        _ = machine.submit(ids[2], Queueing(priority: 5))
        _ = machine.submit(ids[3])
        var order: [JobID] = []
        var running = ids[0]
        for _ in 1...3 {
            machine.ended(running)
            let next = machine.startNext()
            #expect(next.count == 1)
            running = next.first ?? running
            order.append(running)
        }
        #expect(order == [ids[2], ids[3], ids[1]])
    }

    @Test func aFullGroupHoldsUpNobodyElse() {
        var machine = EngineStateMachine(runningLimit: 3, queueLimit: 10)
        let one = Queueing(group: .init(name: "g", limit: 1))
        #expect(machine.submit(ids[0], one) == .start)
        #expect(machine.submit(ids[1], one) == .enqueue)
        #expect(machine.submit(ids[2]) == .start)
        #expect(machine.startNext() == [])
        machine.ended(ids[0])
        #expect(machine.startNext() == [ids[1]])
    }
}
