import Logging

extension Engine {
    /// Settles what an earlier server of this node left behind, before anything new begins.
    ///
    /// Jobs whose process the launcher still holds go on here, as if nothing had happened: also those that have ended meanwhile,
    /// whose end is only written down now. Jobs that were claimed and of which the launcher knows that they have never run are
    /// started. Other running jobs are `lost`: their end is unknown and is not guessed, and what is
    /// left of their processes is killed, since nobody could stop or follow them any more. Jobs that were still queued had never
    /// been started, so they keep their place in the queue.
    func recover() async throws(StoreError) {
        var adopted = await launcher.adopt()
        var unstarted = await launcher.neverLaunched()
        for job in try await store.unfinishedJobs(onNode: configuration.node) {
            switch job.state {
            case .queued where team != nil:
                // Whoever may run it claims it, this node too.
                break
            case .queued:
                active[job.id] = ActiveJob(job)
                machine.resume(job.id, job.spec.queueing)
            case .running(let run):
                if let process = adopted.removeValue(forKey: job.id) {
                    try await adopt(job, process)
                    continue
                }
                if run.processID == nil, unstarted.remove(job.id) != nil {
                    await startLate(job)
                    continue
                }
                let killed = await launcher.sweep(job.id)
                let stored = try await store.storedBytes(of: job.id)
                let outcome = JobOutcome(.lost, reason: "the server ended without stopping the job")
                let end = JobEnd(outcome: outcome, endedAt: now(), outputBytes: stored)
                try await store.advance(job.id, to: .finished(end, run))
                logger.warning(
                    "a job was lost with the server that ran it",
                    metadata: ["job.id": "\(job.id)", "processes.killed": "\(killed)"])
            case .finished:
                break
            }
        }
        // Never stored, settled meanwhile, or queued: then it is said anew when their turn comes.
        for id in unstarted { launcher.willNotLaunch(id) }
        // Their end is stored already, or they were removed. Only their processes are left, if anything.
        for (id, process) in adopted {
            let left = await Teardown(steps: []).run(on: process, hurry: hurry, clock: clock)
            if !left.isEmpty {
                logger.warning("processes of a job survive it", metadata: ["job.id": "\(id)", "processes": "\(left)"])
            }
            await process.close()
        }
        try await resumeRetries()
    }

    private func startLate(_ job: Job) async {
        active[job.id] = ActiveJob(job)
        machine.adopt(job.id, job.spec.queueing)
        logger.notice("a job starts late", metadata: ["job.id": "\(job.id)"])
        await start(job.id)
    }

    private func adopt(_ job: Job, _ process: any RunningProcess) async throws(StoreError) {
        let stored = try await store.storedBytes(of: job.id)
        var entry = ActiveJob(job, stored: stored)
        entry.isPaused = process.isHeld
        if case .stop(let request) = InterruptionCause(note: process.note) {
            entry.stoppedBy = request.actor
            entry.stop.fulfil(request)
        }
        if let journal = process.journal { entry.pipeline.attach(journal, stored: stored) }
        entry.process.fulfil(process)
        active[job.id] = entry
        machine.adopt(job.id, job.spec.queueing)
        commandSink.yield(.resume(job.id))
        logger.notice("a job goes on", metadata: ["job.id": "\(job.id)", "job.pid": "\(process.processID)"])
    }
}
