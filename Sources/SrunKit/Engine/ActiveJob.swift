/// A job that this engine knows and that has not ended: what its supervisor, its followers and its callers share.
struct ActiveJob: Sendable {
    var job: Job
    /// Who asked first for it to end.
    var stoppedBy: String?
    /// Whether its processes are held by SIGSTOP.
    var isPaused = false
    var usage = UsageHistory()
    /// Whether its process has ended and its output is stored: all that is left is to say so.
    var isOver = false
    /// Fulfilled once its process ID is stored; nil while nobody is storing it.
    var startStored: OneShot<Void>?
    let pipeline: LogPipeline
    let dropped: DroppedOutput
    let stop: OneShot<StopRequest>
    /// Fulfilled once the store has the job; with false when it has refused it.
    let inStore: OneShot<Bool>
    /// Fulfilled once the process runs or the job has ended without one.
    let started: OneShot<Void>
    /// Fulfilled once there is a process.
    let process: OneShot<any RunningProcess>
    /// Nil on pipes.
    let sizes: TerminalSizes?
    /// Nil on pipes.
    let screen: ScreenTracker?
    /// Fulfilled with the job in its final state, after that state is in the store.
    let ended: OneShot<Job>

    /// - Parameters:
    ///   - stored: How much output the store has already.
    ///   - isNew: The store does not have the job yet.
    init(_ job: Job, stored: Int64 = 0, isNew: Bool = false) {
        self.job = job
        pipeline = LogPipeline(
            job: job.id, ring: LogRing(from: stored), masker: SecretMasker(job.spec.secretEnvironment.values))
        dropped = DroppedOutput(job.outputDropped)
        stop = OneShot()
        inStore = OneShot()
        if !isNew { inStore.fulfil(true) }
        started = OneShot()
        process = OneShot()
        sizes = job.spec.terminal.map { TerminalSizes($0) }
        screen = job.spec.terminal.map { ScreenTracker($0) }
        ended = OneShot()
    }

    /// With the output read so far, which is ahead of what is stored.
    var current: Job {
        var job = job
        job.outputBytes = max(job.outputBytes, pipeline.byteCount)
        job.outputDropped = dropped.bytes
        job.isStopping = stop.current != nil && !job.status.isFinal
        job.stoppedBy = job.isStopping ? stoppedBy : nil
        job.isPaused = isPaused && !job.status.isFinal
        return job
    }
}
