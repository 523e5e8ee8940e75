import Foundation

extension Engine {
    /// Sends a signal to every process of a running job.
    ///
    /// - Throws: ``EngineError`` with code `notRunning` when the job waits in the queue or has ended, `ownerUnreachable` when the
    ///   node that runs it does not answer, `jobNotFound`, or `storage`.
    public func signal(_ id: JobID, _ number: Int32) async throws(EngineError) {
        if team != nil, active[id] == nil {
            let job = try await self.job(id)
            if job.status == .running, let team = placeElsewhere(job) {
                return try await signalElsewhere(job, number, team)
            }
        }
        let process = try await running(id)
        await process.signalTree(number)
        switch number {
        case SIGSTOP: setPaused(id, true)
        case SIGCONT: setPaused(id, false)
        default: break
        }
    }

    /// Holds every process of a running job where it is, until ``resume(_:)``. A job that is held already stays so.
    ///
    /// Its time limit goes on. Throws as ``signal(_:_:)``.
    public func pause(_ id: JobID) async throws(EngineError) -> Job {
        try await signal(id, SIGSTOP)
        var job = try await job(id)
        // No store knows of it: of a job on another node this is what its node has just said.
        job.isPaused = !job.status.isFinal
        return job
    }

    /// Lets a job go on that was paused; one that runs is not disturbed. Throws as ``signal(_:_:)``.
    public func resume(_ id: JobID) async throws(EngineError) -> Job {
        try await signal(id, SIGCONT)
        return try await job(id)
    }

    /// What is held takes no other signal than a kill.
    func letGoOn(_ id: JobID) async {
        guard let entry = active[id], entry.isPaused, let process = entry.process.current else { return }
        await process.signalTree(SIGCONT)
        active[id]?.isPaused = false
    }

    private func setPaused(_ id: JobID, _ isPaused: Bool) {
        guard let entry = active[id], entry.isPaused != isPaused else { return }
        active[id]?.isPaused = isPaused
        tellChange(of: id)
    }

    /// For what is in no store: that a job is being stopped, or is held.
    func tellChange(of id: JobID) {
        if let job = active[id]?.current { jobEvents.send(.changed(job)) }
    }

    private func running(_ id: JobID) async throws(EngineError) -> any RunningProcess {
        let job = try await self.job(id)
        guard let process = active[id]?.process.current else {
            throw EngineError(.notRunning, status: job.status, "The job does not run: it is \(job.status.rawValue).")
        }
        return process
    }
}
