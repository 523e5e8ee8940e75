import Foundation

/// What became of a request to stop a job.
public enum StopResult: Sendable {
    case ended(Job)
    /// The grace time is over and the tree is not gone yet; it will be, or its survivors will be named.
    case stopping(Job)
}

extension Engine {
    /// How much longer than the grace time a caller waits for a job to end: the time a killed tree needs to vanish.
    private var stopPatience: Duration { configuration.stopGrace + .seconds(5) }

    /// Accepts a job.
    ///
    /// - Parameters:
    ///   - actor: The name of whoever asks; nil when it is not known.
    ///   - id: What the job is to be called, for callers who may ask twice; a taken one is refused with
    ///     ``StoreError/Code/alreadyExists``.
    /// - Returns: The job once its process runs, or has failed to start (which is an outcome, not an error), or the job
    ///   is queued because as many run as may.
    /// - Throws: ``EngineError`` with code `invalidSpec` when the working directory does not exist, `queueFull`,
    ///   `shuttingDown`, or `storage`, which also means a disk below the floor. Nothing is stored and nothing starts then.
    public func submit(
        _ spec: JobSpec, by actor: String? = nil, restartOf: JobID? = nil, id wanted: JobID? = nil
    ) async throws(EngineError) -> Job {
        guard await isReady.value() == true else { throw .shuttingDown }
        let id = wanted ?? identifiers.next()
        guard active[id] == nil else { throw EngineError(StoreError(.alreadyExists, "There is a job \(id) already.")) }
        if let team { return try await submit(teamJob(id, spec, by: actor, restartOf: restartOf), to: team) }
        try checkPlacement(spec.queueing)
        try checkWorkingDirectory(spec)
        try await checkDisk()
        guard active[id] == nil else { throw EngineError(StoreError(.alreadyExists, "There is a job \(id) already.")) }
        let decision = machine.submit(id, spec.queueing)
        let created = now()
        let state: JobState
        switch decision {
        case .start: state = .running(JobRun(startedAt: created))
        case .enqueue: state = .queued
        case .refuse(.queueFull):
            throw EngineError(
                .queueFull,
                "The queue is full: \(configuration.queueLimit) jobs wait already. Try again when some have ended.")
        case .refuse(.shuttingDown): throw .shuttingDown
        }
        let job = Job(
            id: id, spec: spec, createdAt: created, node: configuration.node, restartOf: restartOf, createdBy: actor,
            state: state)
        let entry = try await add(job)
        if case .start = decision {
            await start(id)
            _ = await entry.started.value()
        }
        // By now it may have ended already.
        return entry.ended.current ?? active[id]?.current ?? job
    }

    /// Brings a new job, for which there is a slot or a place in the queue, into the store. When the store refuses it, nothing is left
    /// of it.
    func add(_ job: Job) async throws(EngineError) -> ActiveJob {
        let id = job.id
        let entry = ActiveJob(job, isNew: true)
        active[id] = entry
        if job.status == .running { launcher.willLaunch(id) }
        do {
            try await store.insert(job)
        } catch {
            launcher.willNotLaunch(id)
            active[id] = nil
            entry.inStore.fulfil(false)
            entry.pipeline.abandon()
            entry.ended.fulfil(job)
            await release(id)
            throw EngineError(error)
        }
        entry.inStore.fulfil(true)
        jobEvents.send(.changed(job))
        return entry
    }

    /// Asks a job to end and waits until it has, for as long as the grace time allows.
    ///
    /// Asking again while it is stopping waits for the same end and sends nothing more.
    ///
    /// - Parameter actor: The name of whoever asks; the first one stands in the job.
    /// - Throws: ``EngineError`` with code `notRunning` when it has ended already, `jobNotFound`, or `storage`.
    public func stop(_ id: JobID, by actor: String? = nil) async throws(EngineError) -> StopResult {
        await settlePast()
        guard let entry = active[id] else {
            let job = try await stored(id)
            if let team = placeElsewhere(job) { return try await stopElsewhere(job, by: actor, team) }
            throw EngineError(
                .notRunning, status: job.status, "The job has ended already: it is \(job.status.rawValue).")
        }
        if entry.stoppedBy == nil { active[id]?.stoppedBy = actor }
        switch machine.stop(id) {
        case .withdrawn:
            await finish(id, JobOutcome(.stopped(nil), reason: "stopped before it was started"), nil)
        case .interrupt, .unknown:
            // Not by the next server either.
            launcher.willNotLaunch(id)
            if entry.stop.fulfil(.asked(by: actor)) {
                await letGoOn(id)
                tellChange(of: id)
            }
        }
        if let job = await race(clock: clock, limit: stopPatience, { await entry.ended.value() }) ?? nil {
            return .ended(job)
        }
        return .stopping(active[id]?.current ?? entry.job)
    }

    /// Runs a job's command again as a new job, which remembers the one it came from. A job that still runs is stopped
    /// first.
    ///
    /// - Parameter actor: The name of whoever asks: the new job is theirs, whosever the old one was.
    /// - Throws: ``EngineError`` with code `stillStopping` when it did not end in time, or left processes that even being killed did not end;
    ///   nothing is started then.
    ///   Otherwise as ``submit(_:by:restartOf:)``.
    public func restart(_ id: JobID, by actor: String? = nil) async throws(EngineError) -> Job {
        let job = try await self.job(id)
        try await checkDisk()
        if active[id] != nil || placeElsewhere(job) != nil {
            let ended = try await stopBeforehand(id, by: actor)
            if let ended, ended.state.end?.outcome.leftSurvivors == true {
                throw EngineError(
                    .stillStopping, status: ended.status, "Processes of the job are alive after being killed.")
            }
        }
        return try await submit(job.spec.tried(nil), by: actor, restartOf: id)
    }

    /// Removes a finished job and its output.
    ///
    /// - Parameter stoppingFirst: Stops the job if it has not ended.
    /// - Throws: ``EngineError`` with code `stillRunning`, `stillStopping`, `jobNotFound`, or `storage`.
    public func remove(_ id: JobID, stoppingFirst: Bool = false, by actor: String? = nil) async throws(EngineError) {
        await settlePast()
        if let entry = active[id] {
            guard stoppingFirst else {
                throw EngineError(
                    .stillRunning, status: entry.job.status,
                    "The job has not ended: stop it first, or remove it with force.")
            }
            _ = try await stopBeforehand(id, by: actor)
        } else if team != nil {
            let job = try await stored(id)
            if placeElsewhere(job) != nil {
                guard stoppingFirst else {
                    throw EngineError(
                        .stillRunning, status: job.status,
                        "The job has not ended: stop it first, or remove it with force.")
                }
                _ = try await stopBeforehand(id, by: actor)
            }
        }
        do {
            try await store.remove(id)
        } catch {
            throw EngineError(error)
        }
        jobEvents.send(.removed(id))
        team?.announcer.add(.changes)
    }

    /// - Throws: ``EngineError`` with code `jobNotFound` or `storage`.
    public func job(_ id: JobID) async throws(EngineError) -> Job {
        await settlePast()
        if let entry = active[id] { return entry.current }
        return try await stored(id)
    }

    /// - Throws: ``EngineError`` with code `storage`.
    /// - SeeAlso: ``JobStore/jobs(_:)``
    public func jobs(_ query: JobQuery) async throws(EngineError) -> JobPage {
        await settlePast()
        do {
            var page = try await store.jobs(query)
            for index in page.jobs.indices {
                guard let entry = active[page.jobs[index].id] else { continue }
                let current = entry.current
                page.jobs[index].outputBytes = current.outputBytes
                page.jobs[index].outputDropped = current.outputDropped
                page.jobs[index].isStopping = current.isStopping
                page.jobs[index].stoppedBy = current.stoppedBy
                page.jobs[index].isPaused = current.isPaused
            }
            return page
        } catch {
            throw EngineError(error)
        }
    }

    /// Follows a job's output from a place in it: what is there already, then what comes.
    ///
    /// - Throws: ``EngineError`` with code `jobNotFound` or `storage`.
    public func follow(_ id: JobID, from position: LogPosition = .offset(0)) async throws(EngineError) -> LogFeed {
        await settlePast()
        if let entry = active[id] {
            return LogFeed(
                job: id, from: position, source: .live(entry.pipeline, ended: entry.ended), sink: store, served: served)
        }
        let job = try await stored(id)
        if let team = placeElsewhere(job) {
            let (mirror, hold) = team.mirror(of: job)
            return LogFeed(
                job: id, from: position, source: .live(mirror.pipeline, ended: mirror.ended), sink: store, hold: hold,
                served: served)
        }
        return LogFeed(job: id, from: position, source: .finished(job.outputBytes), sink: store, served: served)
    }

    /// Nobody is shown a job as running that died with an earlier server.
    private func settlePast() async {
        _ = await isReady.value()
    }

    func stored(_ id: JobID) async throws(EngineError) -> Job {
        let job: Job?
        do {
            job = try await store.job(id)
        } catch {
            throw EngineError(error)
        }
        guard let job else { throw .jobNotFound(id) }
        return job
    }

    /// - Returns: The job that was stopped; nil when it ended by itself meanwhile, which is as good.
    private func stopBeforehand(_ id: JobID, by actor: String?) async throws(EngineError) -> Job? {
        let result: StopResult
        do {
            result = try await stop(id, by: actor)
        } catch {
            if error.code == .notRunning { return nil }
            throw error
        }
        switch result {
        case .ended(let job): return job
        case .stopping(let job):
            throw EngineError(
                .stillStopping, status: job.status, "The job was told to stop and has not ended yet. Try again later.")
        }
    }

    private func checkDisk() async throws(EngineError) {
        guard await isDiskLow() else { return }
        throw EngineError(
            StoreError(.full, "The disk with the jobs is nearly full: make room, or remove jobs that are not needed."))
    }

    private func teamJob(_ id: JobID, _ spec: JobSpec, by actor: String?, restartOf: JobID?) -> Job {
        let node = if case .node(let name) = spec.queueing.placement { name } else { "" }
        return Job(
            id: id, spec: spec, createdAt: now(), node: node, restartOf: restartOf, createdBy: actor)
    }

    /// A server of its own is the only node there is.
    private func checkPlacement(_ queueing: Queueing) throws(EngineError) {
        guard !queueing.mayRun(on: configuration.node, labels: configuration.team.labels) else { return }
        let field = if case .node = queueing.placement { "node" } else { "label" }
        let error = JobSpecError(
            .invalidField, field: field, "\(field) must be one that this server has: it is the only node")
        throw EngineError(.invalidSpec(error), error.description)
    }

    func checkWorkingDirectory(_ spec: JobSpec) throws(EngineError) {
        guard let path = spec.workingDirectory else { return }
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            let error = JobSpecError(.workingDirectoryNotFound, field: "cwd", "cwd does not name an existing folder")
            throw EngineError(.invalidSpec(error), error.description)
        }
    }
}
