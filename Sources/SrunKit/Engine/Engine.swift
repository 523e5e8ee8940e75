public import Foundation
public import Logging
public import ServiceLifecycle

/// The front door: whoever wants something of a job asks here.
///
/// The engine is the only writer of jobs. `run()` is its life: it first settles what an earlier server left behind, then runs
/// jobs until a graceful shutdown, then stops them and returns when all of their output is stored. Calls made before `run()` has
/// settled the past wait for it.
///
/// One file per group of calls: this one holds the state and the life, `Engine+Commands` what people ask for, `Engine+Running`
/// the way of one job from its start to its end, `Engine+Retention` what becomes of it later, `Recovery` what happens first.
public actor Engine: Service {
    let store: any Store
    /// The store's output; in a team, with a word to the others after every write.
    let sink: any LogSink
    /// Nil when the store is not shared.
    nonisolated let team: Team?
    let launcher: any ProcessLauncher
    let configuration: EngineConfiguration
    let clock: any Clock<Duration>
    let now: @Sendable () -> Date
    let identifiers: JobIDGenerator
    let environment: JobEnvironment
    let logger: Logger

    nonisolated let jobEvents = JobEvents()
    private nonisolated let diskWatch: DiskWatch?
    private nonisolated let faults: (any FaultReporting)?
    nonisolated let searchIndex: (any SearchIndexing)?
    nonisolated let sizeStore: (any SizeRecording)?

    var machine: EngineStateMachine
    var active: [JobID: ActiveJob] = [:]
    /// Whether calls may proceed: true once the past is settled, false when the engine will not get there.
    nonisolated let isReady = OneShot<Bool>()
    /// Fulfilled when nobody has time to ask jobs to end.
    let hurry = OneShot<Void>()
    /// Fulfilled when there is output that the index does not have; made anew by whoever indexes it.
    var outputToIndex = OneShot<Void>()
    var outputRate = OutputRate()
    let served = ServedOutput()
    var unstoredStarts = UnstoredStarts()
    /// Fulfilled when a shutdown begins.
    let closing = OneShot<Void>()
    /// Fulfilled when the engine was told to shut down.
    let isEnding = OneShot<Void>()
    /// Fulfilled when a shutdown has waited for the store as long as it may: what it has not taken by then is given up.
    let givesUp = OneShot<Void>()
    /// Jobs whose end the store has not taken.
    var unstoredEnds = 0
    /// Jobs whose next try this engine waits for, or is just making.
    var retrying: Set<JobID> = []
    /// Fulfilled by the next job that ends; made anew by whoever has seen it.
    var jobHasEnded = OneShot<Void>()

    /// Jobs to start, and the word to end. The number of jobs in it is bounded by the limits of the state machine.
    enum Command: Sendable {
        case start(JobID)
        /// It runs already, since an earlier server.
        case resume(JobID)
        /// It failed, and is to be tried again.
        case retry(Job)
        case shutDown
    }

    private let commands: AsyncStream<Command>
    nonisolated let commandSink: AsyncStream<Command>.Continuation

    /// - Parameters:
    ///   - clock: For every pause and limit; a test may pass its own.
    ///   - now: The time of day, for what is written into jobs and chunks.
    public init(
        store: any Store, launcher: any ProcessLauncher, configuration: EngineConfiguration, logger: Logger,
        clock: any Clock<Duration> = .continuous, now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.store = store
        let team = (store as? any TeamStore).map { Team(store: $0, configuration: configuration.team, clock: clock) }
        self.team = team
        self.sink = team.map { AnnouncingSink(store: store, announcer: $0.announcer) } ?? store
        self.launcher = launcher
        self.configuration = configuration
        self.clock = clock
        self.now = { now().inWholeMicroseconds }
        self.identifiers = JobIDGenerator(now: now)
        self.environment = JobEnvironment(passed: configuration.passedEnvironment, node: configuration.node)
        self.logger = logger
        self.machine = EngineStateMachine(
            runningLimit: configuration.runningLimit, queueLimit: configuration.queueLimit)
        self.diskWatch = DiskWatch(store, floor: configuration.diskFloor, clock: clock, logger: logger)
        self.faults = store as? any FaultReporting
        self.searchIndex = store as? any SearchIndexing
        self.sizeStore = store as? any SizeRecording
        (commands, commandSink) = AsyncStream.makeStream()
    }

    /// Runs until a graceful shutdown, at which running jobs are stopped and queued ones left for the next server.
    ///
    /// - Throws: ``StoreError`` when the store does not say what an earlier server left behind, or did not take before the end
    ///   how jobs have ended.
    public func run() async throws {
        defer {
            isReady.fulfil(false)
            jobEvents.finish()
        }
        guard try await joinTeamPatiently() else { return }
        try await recover()
        _ = await isDiskLow()
        isReady.fulfil(true)
        await startNext()
        async let _: Void = keepWithinLimits()
        async let _: Void = storeStarts()
        async let _: Void = indexOutput()
        async let _: Void = configuration.samplesUsage ? sampleUsage() : ()
        async let _: Void = boundShutdown()
        async let _: Void = liveInTeam()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                for await command in commands {
                    switch command {
                    case .start(let id): group.addTask { await self.runJob(id) }
                    case .resume(let id): group.addTask { await self.resumeJob(id) }
                    case .retry(let job): group.addTask { await self.retry(job) }
                    case .shutDown: beginShutdown()
                    }
                }
            }
        } onGracefulShutdown: { [commandSink] in
            commandSink.yield(.shutDown)
        }
        abandonQueued()
        await leaveTeam()
        if unstoredEnds > 0 {
            throw StoreError(
                .unavailable,
                "The store did not take how \(unstoredEnds == 1 ? "a job" : "\(unstoredEnds) jobs") ended; see to its disk."
            )
        }
    }

    /// Waits until the past is settled, so that no job is shown as running that an earlier server took with it.
    ///
    /// - Returns: False when the engine ended before, or the waiting task was cancelled.
    public nonisolated func isServing() async -> Bool {
        await isReady.value() == true
    }

    /// Begins what a graceful shutdown of the service does, for an owner that runs the engine without a service group.
    public nonisolated func shutDown() {
        commandSink.yield(.shutDown)
    }

    /// Shuts down, and kills what would otherwise still be asked to end. For an operator who says it a second time.
    public nonisolated func shutDownAtOnce() {
        hurry.fulfil(())
        shutDown()
    }

    /// Whether new jobs are refused because the disk of the store is nearly full.
    public nonisolated func isDiskLow() async -> Bool {
        await diskWatch?.isLow() ?? false
    }

    /// Why the store writes nothing now; nil while all is well, as far as it can tell.
    public nonisolated func storeFault() async -> StoreError? {
        if let team, !team.holdsLease {
            return StoreError(.fenced, "The database has not answered for so long that this node's lease is over.")
        }
        return await faults?.fault()
    }

    /// Every change from now on.
    public nonisolated func events() -> JobEvents.Subscription {
        jobEvents.subscribe()
    }

    /// Whether `run()` has returned: no event will come any more, and nothing will be started.
    public nonisolated var hasEnded: Bool { jobEvents.isFinished }

    // MARK: Steps of its life

    /// Lets every job run that has a free slot.
    func startNext() async {
        for id in machine.startNext() { await start(id) }
    }

    /// Hands a job that has a slot to `run()`, or ends it when that takes nothing any more.
    func start(_ id: JobID) async {
        if case .terminated = commandSink.yield(.start(id)) {
            let run = active[id]?.job.state.run
            await finish(id, JobOutcome(.stopped(nil), reason: StopRequest.serverShutdown.reason), run)
        }
    }

    private func beginShutdown() {
        closing.fulfil(())
        isEnding.fulfil(())
        for id in machine.shutDown() { active[id]?.stop.fulfil(.serverShutdown) }
        // Jobs that were already told to start still do, see their stop request, and end.
        commandSink.finish()
    }

    /// A store that takes nothing any more must not keep the server from ending.
    private func boundShutdown() async {
        guard await isEnding.value() != nil,
            (try? await clock.sleep(for: EngineConfiguration.shutdownLimit, tolerance: nil)) != nil
        else { return }
        givesUp.fulfil(())
        for entry in active.values { entry.pipeline.abandon() }
    }

    private func abandonQueued() {
        for entry in active.values {
            entry.pipeline.abandon()
            entry.sizes?.finish()
            entry.started.fulfil(())
        }
        active.removeAll()
    }
}
