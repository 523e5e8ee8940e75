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
        .message(.hello(version: version, oldest: version, build: "2.0", WorkerWishes()), from: slot)
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
        #expect(machine.handle(hello(.next)) == [.send(.leave(isLast: false), to: .current)])
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

@Suite("What a keeper that stays decides") struct StayingKeeperMachineTests {
    private let job = JobID(milliseconds: 5, sequence: 1, random: 7)
    private let terms = WorkerTerms(leavesJobs: true, folder: "/state", store: "a database")

    private func hello(leavesJobs: Bool = true, version: UInt16 = 1) -> KeeperMachine.Event {
        .message(
            .hello(version: version, oldest: version, build: "2.0", WorkerWishes(leavesJobs: leavesJobs)),
            from: .current)
    }

    /// One that serves process 50 and has a job, process 77.
    private func serving() -> KeeperMachine {
        var machine = KeeperMachine(owner: 1, stays: true)
        #expect(machine.server == nil)
        #expect(machine.handle(.attached(50)) == [.startWorker(.current, newest: false)])
        #expect(machine.handle(hello()).first == .send(.welcome(version: 1, owner: 50, restarts: 0), to: .current))
        #expect(machine.handle(.message(.ready(terms), from: .current)) == [.openDoor("/state")])
        _ = machine.handle(.message(.keep("listen 1"), from: .current))
        _ = machine.handle(.message(.keep("lock"), from: .current))
        _ = machine.handle(.spawned(request: 1, KeptJob(job: job, processID: 77, isTerminal: true)))
        #expect(machine.server == 50)
        return machine
    }

    /// The same after its front has ended.
    private func resting() -> KeeperMachine {
        var machine = serving()
        #expect(machine.handle(.frontEndRequested).last == .send(.leave(isLast: true), to: .current))
        #expect(machine.server == 50, "until the server is gone, nobody else is served")
        let actions = machine.handle(.workerEnded(.current, .code(0)))
        #expect(actions.contains(.drop("listen 1")) && !actions.contains(.drop("lock")))
        #expect(actions.last == .rest(0))
        #expect(machine.server == nil && machine.store == "a database")
        return machine
    }

    @Test func jobsAndTheirEndsAreThereForTheNextStart() {
        var machine = resting()
        #expect(machine.handle(.jobEnded(processID: 77, KeptEnd(waitStatus: 3 << 8))).isEmpty)
        #expect(machine.handle(.attached(60)) == [.startWorker(.current, newest: false)])
        var kept = KeptJob(job: job, processID: 77, isTerminal: true)
        kept.end = KeptEnd(waitStatus: 3 << 8)
        let messages: [KeeperMessage] = [
            .welcome(version: 1, owner: 60, restarts: 0), .kept("lock"), .job(kept), .begin,
        ]
        #expect(machine.handle(hello()) == messages.map { .send($0, to: .current) })
    }

    @Test func withoutJobsItEnds() {
        var machine = serving()
        _ = machine.handle(.message(.release(job), from: .current))
        _ = machine.handle(.frontEndRequested)
        #expect(machine.handle(.workerEnded(.current, .code(0))) == [.exit(0)])
    }

    @Test func askedTwiceItWaitsForTheServerNoLonger() {
        var machine = serving()
        _ = machine.handle(.frontEndRequested)
        #expect(machine.handle(.frontEndRequested) == [.killWorker(.current)])
        #expect(machine.handle(.workerEnded(.current, .signal(9))).last == .rest(0))
    }

    @Test func aServerThatDoesNotLeaveIsKilled() {
        var machine = serving()
        _ = machine.handle(.frontEndRequested)
        #expect(machine.handle(.timeOver(.upgrade)) == [.killWorker(.current)])
    }

    @Test func theDeathOfItsFrontLeavesTheJobs() {
        var machine = serving()
        #expect(machine.handle(.frontGone).last == .send(.leave(isLast: true), to: .current))
        #expect(machine.handle(.workerEnded(.current, .code(0))).last == .rest(0))
        // Also before the server of the next one has said what it wants.
        _ = machine.handle(.attached(60))
        #expect(machine.handle(.frontGone).last == .killWorker(.current))
        #expect(machine.handle(.workerEnded(.current, .signal(9))).last == .rest(70))
        #expect(machine.jobs[job] != nil)
    }

    @Test func whoWantsTheJobsEndedGetsThat() {
        var machine = resting()
        #expect(machine.handle(.endRequested).last == .startWorker(.current, newest: false))
        #expect(machine.handle(hello()).last == .send(.end(hurry: false), to: .current))
        #expect(machine.handle(.workerEnded(.current, .code(0))) == [.killJobs, .exit(0)])
    }

    @Test func whoWantsTheJobsEndedWhileTheServerLeavesGetsThatToo() {
        var machine = serving()
        _ = machine.handle(.frontEndRequested)
        _ = machine.handle(.endRequested)
        #expect(machine.handle(.workerEnded(.current, .code(0))).last == .startWorker(.current, newest: false))
        #expect(machine.handle(hello()).last == .send(.end(hurry: false), to: .current))
    }

    @Test func aStartThatStopsItsJobsStopsThoseOfTheOneBefore() {
        var machine = resting()
        _ = machine.handle(.attached(60))
        _ = machine.handle(hello(leavesJobs: false))
        _ = machine.handle(.message(.ready(WorkerTerms(folder: "/state")), from: .current))
        #expect(machine.handle(.frontEndRequested) == [.send(.end(hurry: false), to: .current)])
    }

    @Test func aStartThatFailsDoesNothingToTheJobs() {
        var machine = resting()
        _ = machine.handle(.attached(60))
        #expect(machine.handle(.workerEnded(.current, .code(64))).last == .rest(64))
        _ = machine.handle(.attached(61))
        let refusal = machine.handle(hello(version: 99))
        #expect(refusal.contains(.killWorker(.current)))
        #expect(machine.handle(.workerEnded(.current, .signal(9))).last == .rest(70))
        #expect(machine.jobs[job]?.end == nil)
    }

    @Test func whatNobodyWouldFindLeavesNoJobs() {
        var machine = serving()
        _ = machine.handle(.cannotBeFound)
        #expect(machine.handle(.frontEndRequested) == [.send(.end(hurry: false), to: .current)])
    }

    @Test func oneThatDoesNotStayMakesPlaceForOneThatDoes() {
        var machine = KeeperMachine(owner: 1)
        _ = machine.start()
        let wishes = WorkerWishes(leavesJobs: true, stayingIn: "/state")
        let hello = KeeperMachine.Event.message(
            .hello(version: 1, oldest: 1, build: "2.0", wishes), from: .current)
        #expect(machine.handle(hello) == [.becomeFront("/state")])
        // Once it has served, what an upgrade wants comes too late: its jobs are here.
        machine = KeeperMachine(owner: 1)
        _ = machine.start()
        _ = machine.handle(.message(.hello(version: 1, oldest: 1, build: "1", WorkerWishes()), from: .current))
        _ = machine.handle(.message(.ready(WorkerTerms(leavesJobs: true)), from: .current))
        _ = machine.handle(.workerEnded(.current, .signal(9)))
        _ = machine.handle(.timeOver(.restart))
        #expect(!machine.handle(hello).contains(.becomeFront("/state")))
        #expect(machine.handle(.endRequested) == [.send(.end(hurry: false), to: .current)])
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
