import Foundation
import Logging

extension Engine {
    /// The way of one job from its start to its end. Called once per job, as a child of `run()`.
    func runJob(_ id: JobID) async {
        // One that was queued may get a slot before the store has taken it.
        guard let entry = active[id], await entry.inStore.value() == true else { return }
        var run = entry.job.state.run ?? JobRun(startedAt: now())
        if entry.job.state == .queued {
            launcher.willLaunch(id)
            // Claimed in the store before anything is started: whatever happens, the job does not run twice.
            guard await advance(id, to: .running(run)) else {
                launcher.willNotLaunch(id)
                await finish(id, JobOutcome(.failedToStart, reason: "failed to start: the store did not take it"), nil)
                return
            }
        }
        let process: any RunningProcess
        do {
            process = try await launcher.launch(launch(of: entry.job))
        } catch {
            await finish(id, JobOutcome(.failedToStart, reason: "failed to start: \(error)"), run)
            return
        }
        entry.process.fulfil(process)
        if let journal = process.journal { entry.pipeline.attach(journal, stored: 0) }
        outputToIndex.fulfil(())
        run = JobRun(startedAt: run.startedAt, processID: process.processID)
        // Its time begins now, also if an earlier server has claimed it.
        await conduct(process, entry, run, Stopwatch(clock))
    }

    /// The rest of the way of a job that an earlier server had started.
    func resumeJob(_ id: JobID) async {
        guard let entry = active[id], let process = entry.process.current else { return }
        await recall(entry)
        outputToIndex.fulfil(())
        let startedAt = entry.job.state.run?.startedAt ?? now()
        let run = JobRun(startedAt: startedAt, processID: process.processID)
        // By the age of its process where the kernel tells that: the time of day may have been set since.
        let age = ProcessTree.age(of: process.processID) ?? .seconds(max(0, now().timeIntervalSince(startedAt)))
        await conduct(process, entry, run, Stopwatch(clock, ahead: age))
    }

    /// Shows the screen of a job that runs already what the job had last printed.
    private nonisolated func recall(_ entry: ActiveJob) async {
        guard let screen = entry.screen, let stored = try? await store.storedBytes(of: entry.job.id) else { return }
        var offset = max(0, stored - ScreenTracker.recalledBytes)
        while offset < stored,
            let chunks = try? await store.chunks(of: entry.job.id, from: offset, limit: LogFeed.standardLimit),
            let last = chunks.last
        {
            screen.feed(chunks)
            offset = last.end
        }
    }

    private func conduct(
        _ process: any RunningProcess, _ entry: ActiveJob, _ run: JobRun, _ watch: Stopwatch
    ) async {
        let id = entry.job.id
        show(.running(run), of: id)
        entry.started.fulfil(())
        // The store learns the process ID when there is time.
        unstoredStarts.add(id, run)
        let ending = await supervise(process, entry, watch)
        let ranFor = watch.elapsed
        active[id]?.isOver = true
        await active[id]?.startStored?.value()
        await finish(id, ending, run, after: ranFor)
        await sweep(process)
        await process.close()
    }

    /// - Returns: After all output is in the store.
    private nonisolated func supervise(
        _ process: any RunningProcess, _ entry: ActiveJob, _ watch: Stopwatch
    ) async -> JobOutcome {
        let supervisor = Supervisor(stopGrace: configuration.stopGrace, hurry: hurry, clock: clock, now: now)
        let batcher = LogBatcher(
            pipeline: entry.pipeline, sink: sink, quota: configuration.outputQuota.map(OutputQuota.init(bytes:)),
            trimming: store as? any OutputTrimming, dropped: entry.dropped, screen: entry.screen, clock: clock,
            logger: logger)
        // Of a job that runs already, a part of its time is over.
        let passed = watch.elapsed
        let outcome = await supervisor.run(
            process, timeLimit: entry.job.spec.timeLimit.map { max(.zero, $0 - passed) }, into: entry.pipeline,
            batcher: batcher, stop: entry.stop)
        // Somebody who reads that a job was killed by signal 9 wants to know by whom.
        guard case .exited(let exit) = outcome.ending, exit != .code(0), outcome.reason == nil,
            let remark = process.endRemark
        else { return outcome }
        return JobOutcome(outcome.ending, reason: remark, usage: outcome.usage)
    }

    private nonisolated func launch(of job: Job) -> ProcessLaunch {
        ProcessLaunch(
            job: job.id, command: job.spec.command, workingDirectory: job.spec.workingDirectory,
            environment: environment.variables(for: job), terminal: job.spec.terminal, limits: job.spec.limits,
            nice: job.spec.nice, confinement: configuration.confinement)
    }

    /// Writes the end of a job, tells everybody, and gives its slot to the next.
    func finish(_ id: JobID, _ outcome: JobOutcome, _ run: JobRun?, after ranFor: Duration? = nil) async {
        guard let entry = active[id] else { return }
        entry.pipeline.end()
        var outcome = outcome
        if case .stopped = outcome.ending { outcome.stoppedBy = entry.stoppedBy }
        await keepUsage(of: id)
        let endedAt = now()
        let end = JobEnd(
            outcome: outcome, endedAt: endedAt, outputBytes: entry.pipeline.byteCount, ranFor: ranFor,
            retryAt: entry.job.spec.retryTime(after: outcome.status, at: endedAt))
        active[id]?.job.outputDropped = entry.dropped.bytes
        // Its processes are gone: the next job begins while the store hears of the end. The rules of a team are kept in the store,
        // so there the end has to be in it first.
        async let isStored = store(.finished(end, run), of: id)
        if team == nil { await release(id) }
        if await isStored { show(.finished(end, run), of: id) }
        launcher.willNotLaunch(id)
        let job = active.removeValue(forKey: id)?.job ?? entry.job
        entry.pipeline.settle()
        entry.sizes?.finish()
        entry.started.fulfil(())
        entry.ended.fulfil(job)
        jobHasEnded.fulfil(())
        team?.announcer.add(.changes)
        outputToIndex.fulfil(())
        if job.state.end?.retryAt != nil { commandSink.yield(.retry(job)) }
        if team != nil { await release(id) }
    }

    func release(_ id: JobID) async {
        machine.ended(id)
        team?.claims.ring()
        team?.announcer.add(.queue)
        await startNext()
    }

    /// Moves a job on, in the store and for everybody who watches. A store that does not answer is asked again until it does:
    /// a state that is nowhere written down would be a lie after the next crash.
    @discardableResult
    private func advance(_ id: JobID, to state: JobState) async -> Bool {
        guard await store(state, of: id) else { return false }
        show(state, of: id)
        return true
    }

    /// - Returns: Whether the job is in that state now, as far as the store goes.
    @discardableResult
    func store(_ state: JobState, of id: JobID) async -> Bool {
        var backoff = Backoff()
        while true {
            do {
                try await store.advance(id, to: state)
                return true
            } catch {
                switch error.code {
                case .illegalTransition where team != nil:
                    // The others have given up this node and settled the job.
                    if let job = try? await store.job(id), job.status.isFinal {
                        active[id]?.job = job
                        active[id]?.stop.fulfil(.leaseLoss)
                        jobEvents.send(.changed(job))
                    }
                    return false
                case .jobNotFound, .illegalTransition, .corrupt:
                    logger.error(
                        "the state of a job cannot be stored",
                        metadata: ["job.id": "\(id)", "job.status": "\(state.status.rawValue)", "error": "\(error)"])
                    return false
                default:
                    if Task.isCancelled { return false }
                    if givesUp.current != nil {
                        logger.error(
                            "the store did not take the state of a job",
                            metadata: [
                                "job.id": "\(id)", "job.status": "\(state.status.rawValue)", "error": "\(error)",
                            ])
                        if state.end != nil { unstoredEnds += 1 }
                        return false
                    }
                    await backoff.wait(clock: clock)
                }
            }
        }
    }

    private func show(_ state: JobState, of id: JobID) {
        guard active[id] != nil else { return }
        active[id]?.job.state = state
        if let end = state.end { active[id]?.job.outputBytes = end.outputBytes }
        if let job = active[id]?.current { jobEvents.send(.changed(job)) }
    }

    /// Ends what a job left running in its process group when its own process was done. What has moved to another group by
    /// itself is not looked for: that would take a look at every process of the machine after each job.
    private nonisolated func sweep(_ process: any RunningProcess) async {
        guard !(await process.survivors().isEmpty) else { return }
        // Nobody waits for these, but a shutdown does: no more time than it allows.
        let grace = min(configuration.stopGrace, EngineConfiguration.shutdownGrace)
        let left = await Teardown.graceful(within: grace).run(on: process, hurry: hurry, clock: clock)
        if !left.isEmpty {
            logger.warning("processes of a job survive it", metadata: ["processes": "\(left)"])
        }
    }
}
