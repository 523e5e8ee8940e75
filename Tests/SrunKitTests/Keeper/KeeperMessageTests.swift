import Testing

@testable import SrunKit

@Suite("What keeper and worker say to each other") struct KeeperMessageTests {
    private static let job = JobID(milliseconds: 5, sequence: 1, random: 7)

    private static let order: SpawnOrder = {
        var order = SpawnOrder(
            job: job, path: "/bin/sh", arguments: ["/bin/sh", "-c", "echo é\n"], environment: ["A=1", "B="],
            directory: "/tmp", terminal: TerminalSize(columns: 120, rows: 40), ringBytes: 4 << 20)
        order.limits = [SpawnOrder.Limit(resource: 7, soft: 9, hard: .max)]
        order.nice = 3
        order.identity = SpawnOrder.Identity(user: 1000, group: 100, supplementaryGroups: [4, 5])
        order.cgroups = ["/a/cgroup.procs", "/b/cgroup.procs"]
        return order
    }()

    private static let kept: KeptJob = {
        var job = KeptJob(job: Self.job, processID: 77, isTerminal: true)
        job.note = "stop graceful "
        job.end = KeptEnd(waitStatus: 7 << 8)
        return job
    }()

    @Test(arguments: [
        WorkerMessage.hello(version: 1, oldest: 1, build: "2.0", WorkerWishes(leavesJobs: true, stayingIn: "/x")),
        .spawn(request: 4, order), .again(job), .release(job),
        .ready(WorkerTerms(endsWithWorker: true, leavesJobs: true, folder: "/x", store: "y")), .note(job, "timeout"),
        .keep("listen 127.0.0.1:80"), .drop("x"), .ending, .upgrade,
    ])
    func ofAWorkerArrivesAsItWasSent(_ message: WorkerMessage) throws {
        #expect(try WorkerMessage(bytes: message.bytes) == message)
    }

    @Test(arguments: [
        KeeperMessage.welcome(version: 1, owner: 3, restarts: 9), .kept("x"), .job(kept), .begin, .leave(isLast: true),
        .leave(isLast: false),
        .spawned(request: 1, kept), .refused(request: 2, errorNumber: 2, reason: "no"),
        .ended(job, KeptEnd(waitStatus: 9)), .end(hurry: true), .end(hurry: false), .upgradeRefused("why"),
    ])
    func ofAKeeperArrivesAsItWasSent(_ message: KeeperMessage) throws {
        #expect(try KeeperMessage(bytes: message.bytes) == message)
    }

    @Test(arguments: [
        FrontMessage.attach(
            Attachment(process: 7, path: "/usr/bin/srun", arguments: ["serve", ""], environment: ["A=1", "B="])),
        .end, .upgrade, .reload,
    ])
    func ofAFrontArrivesAsItWasSent(_ message: FrontMessage) throws {
        #expect(try FrontMessage(bytes: message.bytes) == message)
    }

    @Test(arguments: [
        FrontAnswer.presence(KeeperPresence(process: 7, server: nil, jobs: 3, store: "x as node y")),
        .presence(KeeperPresence(process: 7, server: 8, jobs: 0, store: nil)), .refused(reason: "why"), .end(code: -1),
    ])
    func toAFrontArrivesAsItWasSent(_ answer: FrontAnswer) throws {
        #expect(try FrontAnswer(bytes: answer.bytes) == answer)
    }

    /// A version to come may say more.
    @Test func fieldsThatAreNotKnownAreSkipped() throws {
        var bytes = WorkerMessage.release(Self.job).bytes
        bytes += [0xff, 0xff, 3, 0, 0, 0, 1, 2, 3]
        #expect(try WorkerMessage(bytes: bytes) == .release(Self.job))
    }

    @Test func everyCutMessageIsRefusedOrUnderstood() {
        let bytes = WorkerMessage.spawn(request: 1, Self.order).bytes
        for length in 0..<bytes.count {
            // Never a crash; a cut between two fields may still be a message.
            _ = try? WorkerMessage(bytes: Array(bytes.prefix(length)))
        }
        #expect(throws: KeeperProtocolError.self) { try WorkerMessage(bytes: Array(bytes.prefix(bytes.count - 1))) }
        #expect(throws: KeeperProtocolError.self) { try WorkerMessage(bytes: [99, 0]) }
    }

    @Test func aCommonVersionIsFoundOrNone() {
        #expect(KeeperProtocol.common(version: KeeperProtocol.version + 1, oldest: KeeperProtocol.version) == 1)
        #expect(KeeperProtocol.common(version: KeeperProtocol.version + 2, oldest: KeeperProtocol.version + 1) == nil)
    }
}
