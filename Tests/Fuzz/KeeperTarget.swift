/// The messages between keeper, worker and front. A worker may be of another version, and a socket in a folder may be anybody's.
enum KeeperTarget: FuzzTarget {
    static let name = "keeper"

    static let seeds: [[UInt8]] = {
        guard let job = JobID("0190b7c2-0000-7000-8000-000000000001") else { return [] }
        var order = SpawnOrder(
            job: job, path: "/bin/sh", arguments: ["sh", "-c", "true"], environment: ["A=b"], directory: "/",
            terminal: TerminalSize(columns: 80, rows: 24), ringBytes: SharedRing.capacities.lowerBound)
        order.limits = [.init(resource: 7, soft: 64, hard: 64)]
        order.identity = .init(user: 1, group: 2, supplementaryGroups: [3])
        order.cgroups = ["/x/cgroup.procs"]
        var kept = KeptJob(job: job, processID: 5, isTerminal: true)
        kept.end = KeptEnd(waitStatus: 256)
        let worker: [WorkerMessage] = [
            .hello(version: 1, oldest: 1, build: "b", WorkerWishes(leavesJobs: true, stayingIn: "/s")),
            .ready(WorkerTerms(endsWithWorker: true, leavesJobs: true, folder: "/s", store: "sqlite")),
            .spawn(request: 7, order), .again(job), .note(job, "n"), .keep("listener"), .upgrade,
        ]
        let keeper: [KeeperMessage] = [
            .welcome(version: 1, owner: 2, restarts: 3), .job(kept), .spawned(request: 7, kept),
            .refused(request: 1, errorNumber: 2, reason: "r"), .ended(job, KeptEnd(waitStatus: 9)),
            .leave(isLast: true),
        ]
        let front: [FrontMessage] = [
            .attach(Attachment(process: 9, path: "/p", arguments: ["serve"], environment: ["A=b"])), .end,
        ]
        let answers: [FrontAnswer] = [
            .presence(KeeperPresence(process: 1, server: 2, jobs: 3, store: "s")), .refused(reason: "r"), .end(code: 0),
        ]
        return worker.map { [0] + $0.bytes } + keeper.map { [1] + $0.bytes } + front.map { [2] + $0.bytes }
            + answers.map { [3] + $0.bytes }
    }()

    static func run(_ input: inout FuzzInput) {
        let kind = input.next(below: 4)
        let bytes = input.rest()
        switch kind {
        case 0: check(try? WorkerMessage(bytes: bytes), \.bytes) { try? WorkerMessage(bytes: $0) }
        case 1: check(try? KeeperMessage(bytes: bytes), \.bytes) { try? KeeperMessage(bytes: $0) }
        case 2: check(try? FrontMessage(bytes: bytes), \.bytes) { try? FrontMessage(bytes: $0) }
        default: check(try? FrontAnswer(bytes: bytes), \.bytes) { try? FrontAnswer(bytes: $0) }
        }
    }

    private static func check<Message>(
        _ message: Message?, _ bytes: (Message) -> [UInt8], _ read: ([UInt8]) -> Message?
    ) {
        guard let message else { return }
        let written = bytes(message)
        // By their bytes: text that was no UTF-8 has become valid, and stays so.
        expect(read(written).map(bytes) == written, "a message is another one when it is read again")
    }
}
