public import NIOCore

extension Engine {
    /// Types bytes into a job's terminal, in one piece, and returns once the terminal has taken all of them.
    ///
    /// A program that does not read its terminal makes the caller wait, and those who type after it; the engine, the job's
    /// output and other jobs go on. Cancelling the task gives up.
    ///
    /// - Throws: ``EngineError`` with code `noTerminal` for a job on pipes, `notRunning` when the job waits in the queue or has
    ///   ended, also while the call waited, `jobNotFound`, or `storage`.
    public nonisolated func write(_ bytes: ByteBuffer, to id: JobID) async throws(EngineError) {
        if let (job, team) = try await elsewhere(id) { return try await writeElsewhere(bytes, to: job, team) }
        // Not on the actor: the terminal may let the caller wait.
        let terminal = try await terminal(of: id)
        guard await terminal.write(bytes) else { throw .notRunning(nil) }
    }

    /// Changes the size of a job's terminal, and tells everybody who listens.
    ///
    /// - Throws: ``EngineError`` with code `badSize` outside ``JobSpec/Limits/terminalCells``; otherwise as
    ///   ``write(_:to:)``.
    public func resize(_ id: JobID, to size: TerminalSize) async throws(EngineError) {
        guard JobSpec.Limits.terminalCells.contains(size.columns), JobSpec.Limits.terminalCells.contains(size.rows)
        else { throw EngineError(.badSize, "A terminal has 1 to 1000 columns and rows.") }
        if let (job, team) = try await elsewhere(id) { return try await resizeElsewhere(job, to: size, team) }
        let terminal = try await terminal(of: id)
        guard let entry = active[id], let sizes = entry.sizes else { throw .notRunning(nil) }
        entry.screen?.resize(size, after: entry.pipeline)
        guard terminal.resize(to: size) else { throw .notRunning(nil) }
        guard sizes.current != size else { return }
        sizes.set(size)
        // A recording without it is still one.
        try? await sizeStore?.record(TimedSize(time: now(), size: size), of: id)
    }

    /// The sizes a job's terminal had after the one it began with.
    ///
    /// - Throws: ``EngineError`` with code `storage`.
    public nonisolated func recordedSizes(_ id: JobID) async throws(EngineError) -> [TimedSize] {
        guard let sizeStore else { return [] }
        do {
            return try await sizeStore.sizes(of: id)
        } catch {
            throw EngineError(error)
        }
    }

    /// What a full-screen program shows now, to be painted at once by whoever opens it; nil for a job that does not run or is not
    /// full-screen: its output is read from where one likes.
    public func screen(of id: JobID) -> TerminalScreen? {
        guard let entry = active[id] else { return nil }
        return entry.screen?.screen(after: entry.pipeline)
    }

    /// The size of a job's terminal now, and its changes until the job ends; nil for a job that has ended or has no terminal.
    public func terminalSizes(_ id: JobID) -> (size: TerminalSize, changes: AsyncStream<TerminalSize>)? {
        active[id]?.sizes?.listen()
    }

    /// A job that runs on another node; nil for any other.
    private func elsewhere(_ id: JobID) async throws(EngineError) -> (Job, Team)? {
        guard team != nil, active[id] == nil else { return nil }
        let job = try await stored(id)
        guard job.status == .running, let team = placeElsewhere(job) else { return nil }
        guard job.spec.terminal != nil else {
            throw EngineError(.noTerminal, "The job runs on pipes: it has no terminal.")
        }
        return (job, team)
    }

    private func terminal(of id: JobID) async throws(EngineError) -> any ProcessTerminal {
        guard let entry = active[id] else { throw .notRunning(try await job(id).status) }
        guard entry.job.spec.terminal != nil else {
            throw EngineError(.noTerminal, "The job runs on pipes: it has no terminal.")
        }
        // It counts as running from the moment it is claimed: what is typed before its process is there is for that process.
        if entry.job.status == .running { _ = await entry.started.value() }
        guard let terminal = entry.process.current?.terminal else { throw .notRunning(entry.job.status) }
        return terminal
    }
}

extension EngineError {
    fileprivate static func notRunning(_ status: JobStatus?) -> EngineError {
        EngineError(.notRunning, status: status, "The job does not run: nobody reads what is typed.")
    }
}
