import Testing

@testable import SrunKit

@Suite("What a keeper decides") struct KeeperMachineTests {
    private let job = JobID(milliseconds: 5, sequence: 1, random: 7)

    /// A keeper with a worker that serves and a job that runs as process 77.
    private func serving(_ terms: WorkerTerms = WorkerTerms()) -> KeeperMachine {
        var machine = KeeperMachine(owner: 1)
        #expect(machine.start() == [.startWorker(.current, newest: false)])
        _ = machine.handle(hello(.current))
        _ = machine.handle(.message(.ready(terms), from: .current))
        _ = machine.handle(.spawned(request: 1, KeptJob(job: job, processID: 77, isTerminal: true)))
        return machine
    }

    private func hello(_ slot: KeeperMachine.Slot, version: UInt16 = 1) -> KeeperMachine.Event {
        .message(.hello(version: version, oldest: version, build: "2.0"), from: slot)
    }

    private func sent(_ actions: [KeeperMachine.Action]) -> [KeeperMessage] {
        actions.compactMap { if case .send(let message, to: .current) = $0 { message } else { nil } }
    }

    @Test func aWorkerThatCannotStartTakesTheKeeperWithIt() {
        var machine = KeeperMachine(owner: 1)
        _ = machine.start()
        #expect(machine.handle(.workerEnded(.current, .code(64))) == [.killJobs, .exit(64)])
    }

    @Test func theNextWorkerGetsEveryJobAndWhatWasKept() {
        var machine = serving()
        _ = machine.handle(.message(.keep("listen"), from: .current))
        _ = machine.handle(.message(.note(job, "timeout"), from: .current))
        let ended = machine.handle(.workerEnded(.current, .signal(9)))
        #expect(ended.contains(.set(.restart, milliseconds: 0)))
        // It ends while nobody is there to be told.
        let end = KeptEnd(waitStatus: 3 << 8)
        #expect(machine.handle(.jobEnded(processID: 77, end)).isEmpty)
        #expect(machine.handle(.timeOver(.restart)) == [.startWorker(.current, newest: false)])
        var kept = KeptJob(job: job, processID: 77, isTerminal: true)
        kept.note = "timeout"
        kept.end = end
        #expect(
            sent(machine.handle(hello(.current))) == [
                .welcome(version: 1, owner: 1, restarts: 1), .kept("listen"), .job(kept), .begin,
            ])
        #expect(machine.handle(.message(.release(job), from: .current)) == [.forget(job)])
        #expect(machine.jobs.isEmpty)
    }

    @Test func aWorkerThatCrashesAgainAndAgainIsReportedAndJobsAreKept() {
        var machine = serving()
        var said = 0
        var pauses: [Int] = []
        for _ in 0..<10 {
            for action in machine.handle(.workerEnded(.current, .signal(11))) {
                switch action {
                case .say(let text) where text.contains("in a row"): said += 1
                case .set(.restart, let milliseconds): pauses.append(milliseconds)
                case .exit, .killJobs: Issue.record("a crash of the server must not take jobs with it")
                default: break
                }
            }
            _ = machine.handle(.timeOver(.restart))
        }
        #expect(said >= 7)
        #expect(pauses.first == 0 && pauses.last == 10_000 && pauses == pauses.sorted())
        #expect(machine.jobs[job] != nil)
    }

    @Test func withoutJobsItGivesUpSomeTime() {
        var machine = serving()
        _ = machine.handle(.message(.release(job), from: .current))
        var code: Int32?
        for _ in 0..<10 where code == nil {
            for case .exit(let exit) in machine.handle(.workerEnded(.current, .code(65))) { code = exit }
            _ = machine.handle(.timeOver(.restart))
        }
        #expect(code == 65)
    }

    @Test func aStoreInMemoryEndsWithItsWorker() {
        var machine = serving(WorkerTerms(endsWithWorker: true))
        let actions = machine.handle(.workerEnded(.current, .signal(9)))
        #expect(actions.suffix(2) == [.killJobs, .exit(70)])
    }

    @Test func theEndIsAskedForOnceAndThenHurried() {
        var machine = serving()
        #expect(sent(machine.handle(.endRequested)) == [.end(hurry: false)])
        #expect(sent(machine.handle(.endRequested)) == [.end(hurry: true)])
        #expect(machine.handle(.workerEnded(.current, .code(0))) == [.killJobs, .exit(0)])
    }

    @Test func anEndBetweenTwoWorkersStartsOneThatStopsTheJobs() {
        var machine = serving()
        _ = machine.handle(.workerEnded(.current, .signal(9)))
        #expect(machine.handle(.endRequested).contains(.startWorker(.current, newest: false)))
        #expect(sent(machine.handle(hello(.current))).last == .end(hurry: false))
    }

    @Test func anUpgradeChangesWorkersOnlyWhenTheNewOneCanBegin() {
        var machine = serving()
        #expect(machine.handle(.upgradeRequested).first == .startWorker(.next, newest: true))
        #expect(machine.handle(hello(.next)) == [.send(.leave, to: .current)])
        let actions = machine.handle(.workerEnded(.current, .code(0)))
        #expect(actions.contains(.promote))
        #expect(sent(actions).last == .begin)
        // From now on it is the new program that is started again.
        _ = machine.handle(.message(.ready(WorkerTerms()), from: .current))
        _ = machine.handle(.workerEnded(.current, .signal(9)))
        #expect(machine.handle(.timeOver(.restart)) == [.startWorker(.current, newest: true)])
    }

    @Test func aVersionThatIsNotUnderstoodIsRefusedAndNothingHappens() {
        var machine = serving()
        _ = machine.handle(.upgradeRequested)
        let actions = machine.handle(hello(.next, version: 99))
        #expect(actions.contains(.killWorker(.next)))
        guard case .upgradeRefused(let reason) = sent(actions).first else {
            Issue.record("the worker that serves was not told")
            return
        }
        #expect(reason.contains("99"))
        #expect(machine.handle(.workerEnded(.next, .signal(9))).isEmpty)
        #expect(machine.jobs[job]?.end == nil)
    }
}

@Suite("What a worker makes of its keeper") struct WorkerMachineTests {
    private let job = KeptJob(job: JobID(milliseconds: 5, sequence: 1, random: 7), processID: 77, isTerminal: false)

    @Test func itBeginsWhenEveryJobIsThere() {
        var machine = WorkerMachine()
        #expect(machine.handle(.welcome(version: 1, owner: 8, restarts: 2), hasAllDescriptors: true).isEmpty)
        #expect(machine.owner == 8 && machine.restarts == 2)
        #expect(
            machine.handle(.job(job), hasAllDescriptors: false) == [
                .send(.again(job.job), afterMilliseconds: WorkerMachine.attemptPause)
            ])
        #expect(machine.handle(.begin, hasAllDescriptors: true).isEmpty)
        #expect(machine.handle(.job(job), hasAllDescriptors: true) == [.adopt(job), .begin])
    }

    @Test func aJobWithoutDescriptorsIsAskedForAgainAndAtLastGivenUp() {
        var machine = WorkerMachine()
        var action = machine.handle(.spawned(request: 3, job), hasAllDescriptors: false).first
        for _ in 1..<WorkerMachine.attempts {
            #expect(action == .send(.again(job.job), afterMilliseconds: WorkerMachine.attemptPause))
            action = machine.handle(.job(job), hasAllDescriptors: false).first
        }
        #expect(machine.handle(.job(job), hasAllDescriptors: false).first == .giveUp(job, request: 3))
    }

    @Test func descriptorsThatComeLateAnswerTheRequest() {
        var machine = WorkerMachine()
        _ = machine.handle(.spawned(request: 3, job), hasAllDescriptors: false)
        #expect(machine.handle(.job(job), hasAllDescriptors: true) == [.started(request: 3, job)])
    }

    @Test func anotherProtocolIsSaid() {
        var machine = WorkerMachine()
        let actions = machine.handle(.welcome(version: 99, owner: 8, restarts: 0), hasAllDescriptors: true)
        guard case .unusable = actions.first else {
            Issue.record("a keeper of another protocol was accepted")
            return
        }
    }
}
