import Logging

extension Engine {
    /// Settles what an earlier server of this node left behind, before anything new begins.
    ///
    /// Jobs it was running are `lost`: their end is unknown and is not guessed. What is left of their processes is killed, since
    /// nobody could stop or follow them any more. Jobs that were still queued had never been started, so they keep their
    /// place in the queue.
    func recover() async throws(StoreError) {
        for job in try await store.unfinishedJobs(onNode: configuration.node) {
            switch job.state {
            case .queued:
                active[job.id] = ActiveJob(job)
                machine.resume(job.id)
            case .running(let run):
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
    }
}
