import Foundation
import Logging
import Synchronization

/// The team as one node of it sees it: its lease, who listens, and the mirrors of what runs elsewhere.
final class Team: Sendable {
    let store: any TeamStore
    let configuration: TeamConfiguration
    let announcer: Announcer
    private let reader: MirrorReader
    let clock: any Clock<Duration>
    let claims = Bell()
    let changes = Bell()
    let requests = Bell()
    let heartbeat = Bell()

    private let origin = ContinuousClock.now

    struct State {
        var lease: LeaseStateMachine
        var renewal = Renewal(isDraining: false, others: 1, isFirst: false, queued: 0)
        var isListening = false
        var address = ""
        var mirrors: [JobID: Mirrored] = [:]
        /// Who waits for an answer of another node.
        var waiters: [UInt64: Bell] = [:]
        var nextWaiter: UInt64 = 0
    }

    struct Mirrored {
        let mirror: Mirror
        let reader: Task<Void, Never>
        var holders: Int
    }

    let state: Mutex<State>

    init(store: any TeamStore, configuration: TeamConfiguration, clock: any Clock<Duration>) {
        self.store = store
        self.configuration = configuration
        self.clock = clock
        announcer = Announcer(store: store, clock: clock)
        reader = MirrorReader(store: store)
        state = Mutex(
            State(
                lease: LeaseStateMachine(lease: configuration.lease, stopsJobs: configuration.onLeaseLoss == .stop)))
    }

    /// Time that goes on while the process is stopped.
    var now: Duration { origin.duration(to: .now) }

    var mayBegin: Bool { state.withLock { [now] in $0.lease.mayBegin(at: now) } }
    var holdsLease: Bool { state.withLock { [now] in $0.lease.holdsLease(at: now) } }
    var renewal: Renewal { state.withLock { $0.renewal } }

    /// How long to wait for a hint before looking without one. Without hints often, but not so often that an idle team is a burden.
    var patience: Duration { state.withLock { $0.isListening } ? .seconds(5) : .seconds(1) }

    func heard(_ wakeUp: WakeUp) {
        switch wakeUp {
        case .queue: claims.ring()
        case .changes:
            changes.ring()
            ringMirrors()
        case .requests:
            requests.ring()
            for bell in state.withLock({ Array($0.waiters.values) }) { bell.ring() }
        case .output(let job): state.withLock { $0.mirrors[job] }?.mirror.bell.ring()
        case .listening(let isListening):
            state.withLock { $0.isListening = isListening }
            // What was said before is not heard again.
            claims.ring()
            changes.ring()
            requests.ring()
            ringMirrors()
        }
    }

    private func ringMirrors() {
        for mirrored in state.withLock({ Array($0.mirrors.values) }) { mirrored.mirror.bell.ring() }
    }

    // MARK: Following

    /// The mirror of a job that runs elsewhere, kept as long as the hold is.
    func mirror(of job: Job) -> (Mirror, MirrorHold) {
        let mirror = state.withLock { state -> Mirror in
            if let present = state.mirrors[job.id], !present.mirror.pipeline.isAbandoned {
                state.mirrors[job.id]?.holders += 1
                return present.mirror
            }
            let mirror = Mirror(job, reader: reader, clock: clock)
            let reading = Task { [weak self] in
                await mirror.run { [weak self] in self?.mirrorPause ?? Mirror.fastPause }
                self?.state.withLock { state in
                    if state.mirrors[job.id]?.mirror === mirror { state.mirrors[job.id] = nil }
                }
            }
            state.mirrors[job.id] = Mirrored(mirror: mirror, reader: reading, holders: 1)
            return mirror
        }
        return (mirror, MirrorHold { [weak self] in self?.release(mirror, of: job.id) })
    }

    private var mirrorPause: Duration { state.withLock { $0.isListening } ? Mirror.slowPause : Mirror.fastPause }

    private func release(_ mirror: Mirror, of job: JobID) {
        let reader = state.withLock { state -> Task<Void, Never>? in
            guard let mirrored = state.mirrors[job], mirrored.mirror === mirror else { return nil }
            state.mirrors[job]?.holders -= 1
            guard mirrored.holders <= 1 else { return nil }
            state.mirrors[job] = nil
            return mirrored.reader
        }
        reader?.cancel()
    }

    func endMirrors() {
        let readers = state.withLock { state in
            defer { state.mirrors.removeAll() }
            return state.mirrors.values.map(\.reader)
        }
        for reader in readers { reader.cancel() }
    }

    // MARK: Asking other nodes

    /// Sends a request and waits for its answer.
    ///
    /// - Returns: Nil when none came in time.
    func ask(
        _ request: NodeRequest, of node: String, patience: Duration
    ) async throws(StoreError) -> NodeAnswer? {
        let number = try await store.send(try StoredJSON.text(of: request), to: node)
        let bell = Bell()
        let key = state.withLock { state in
            state.nextWaiter += 1
            state.waiters[state.nextWaiter] = bell
            return state.nextWaiter
        }
        defer { state.withLock { _ = $0.waiters.removeValue(forKey: key) } }
        announcer.add(.requests)
        let end = ContinuousClock.now + patience
        while .now < end, !Task.isCancelled {
            if let text = try await store.takeAnswer(to: number) {
                return StoredJSON.value(text) ?? NodeAnswer(.unknown)
            }
            let pause = state.withLock { $0.isListening } ? Duration.seconds(1) : .milliseconds(100)
            await bell.wait(upTo: pause, clock: clock)
        }
        return nil
    }
}
