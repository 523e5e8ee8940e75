import Foundation
import NIOCore
import Synchronization

/// What is asked of this node and concerns a job that another one runs.
extension Engine {
    /// Where a job runs that does not run here; nil when it has ended, or there is no team.
    func placeElsewhere(_ job: Job) -> Team? {
        job.status.isFinal ? nil : team
    }

    /// Accepts a job for the team: it begins here when it may and there is room, and waits for whoever is free first otherwise.
    func submit(_ job: Job, to team: Team) async throws(EngineError) -> Job {
        try await checkPlacement(job.spec.queueing, team)
        let queueing = job.spec.queueing
        let isFirst = team.renewal.queued == 0 && queueing.group == nil
        if isFirst, team.mayBegin, queueing.mayRun(on: configuration.node, labels: team.configuration.labels),
            machine.freeSlots > 0
        {
            return try await begin(job, team)
        }
        guard team.renewal.queued < Self.teamQueueLimit else {
            throw EngineError(.queueFull, "The queue of the team is full. Try again when some jobs have ended.")
        }
        guard team.holdsLease else {
            throw EngineError(StoreError(.unavailable, "The database does not answer now; try again."))
        }
        do {
            try await store.insert(job)
        } catch {
            throw EngineError(error)
        }
        jobEvents.send(.changed(job))
        team.announcer.add(.changes)
        team.announcer.add(.queue)
        team.claims.ring()
        return job
    }

    /// Of all nodes together; counted now and then, so a burst may go a little beyond.
    private static let teamQueueLimit = 100_000

    private func begin(_ job: Job, _ team: Team) async throws(EngineError) -> Job {
        try checkWorkingDirectory(job.spec)
        let job = Job(
            id: job.id, spec: job.spec, createdAt: job.createdAt, node: configuration.node, restartOf: job.restartOf,
            createdBy: job.createdBy, state: .running(JobRun(startedAt: job.createdAt)))
        machine.admit(job.id)
        let entry = try await add(job)
        team.announcer.add(.changes)
        await start(job.id)
        _ = await entry.started.value()
        return entry.ended.current ?? active[job.id]?.current ?? job
    }

    private func checkPlacement(_ queueing: Queueing, _ team: Team) async throws(EngineError) {
        guard queueing.placement != .any, !queueing.mayRun(on: configuration.node, labels: team.configuration.labels)
        else { return }
        let nodes: [NodeStatus]
        do {
            nodes = try await team.store.nodes()
        } catch {
            throw EngineError(error)
        }
        guard !nodes.contains(where: { queueing.mayRun(on: $0.node.name, labels: $0.node.labels) }) else { return }
        let isNode = if case .node = queueing.placement { true } else { false }
        let error = JobSpecError(
            .invalidField, field: isNode ? "node" : "label",
            isNode
                ? "node must name a node of the team, or be any" : "label must be one that a node of the team carries")
        throw EngineError(.invalidSpec(error), error.description)
    }

    /// Stops a job that does not run here: one that waits is withdrawn, one that runs is stopped by its node.
    func stopElsewhere(_ job: Job, by actor: String?, _ team: Team) async throws(EngineError) -> StopResult {
        var job = job
        while !job.status.isFinal {
            if active[job.id] != nil { return try await stop(job.id, by: actor) }
            if job.status == .queued {
                if let ended = try await withdraw(job, by: actor, team) { return .ended(ended) }
            } else {
                var request = NodeRequest(action: .stop, job: job.id.text)
                request.actor = actor
                let answer = try await ask(request, about: job, team)
                let now = try await stored(job.id)
                switch answer.code {
                case .done: return .ended(now)
                case .stopping: return .stopping(now)
                case .notRunning where now.status.isFinal: break
                default: if let error = answer.error(job.id) { throw error }
                }
            }
            job = try await stored(job.id)
        }
        throw EngineError(
            .notRunning, status: job.status, "The job has ended already: it is \(job.status.rawValue).")
    }

    /// - Returns: Nil when a node was faster and has claimed it.
    private func withdraw(_ job: Job, by actor: String?, _ team: Team) async throws(EngineError) -> Job? {
        var outcome = JobOutcome(.stopped(nil), reason: "stopped before it was started")
        outcome.stoppedBy = actor
        let end = JobEnd(outcome: outcome, endedAt: now(), outputBytes: 0)
        do {
            try await store.advance(job.id, to: .finished(end, nil))
        } catch {
            if case .illegalTransition = error.code { return nil }
            throw EngineError(error)
        }
        let ended = try await stored(job.id)
        jobEvents.send(.changed(ended))
        team.announcer.add(.changes)
        return ended
    }

    nonisolated func writeElsewhere(_ bytes: ByteBuffer, to job: Job, _ team: Team) async throws(EngineError) {
        var request = NodeRequest(action: .input, job: job.id.text)
        request.bytes = .init(bytes.readableBytesView)
        let answer = try await ask(request, about: job, team)
        if let error = answer.error(job.id) { throw error }
    }

    func resizeElsewhere(_ job: Job, to size: TerminalSize, _ team: Team) async throws(EngineError) {
        var request = NodeRequest(action: .resize, job: job.id.text)
        (request.columns, request.rows) = (size.columns, size.rows)
        let answer = try await ask(request, about: job, team)
        if let error = answer.error(job.id) { throw error }
    }

    func signalElsewhere(_ job: Job, _ number: Int32, _ team: Team) async throws(EngineError) {
        var request = NodeRequest(action: .signal, job: job.id.text)
        request.signal = number
        let answer = try await ask(request, about: job, team)
        if let error = answer.error(job.id) { throw error }
    }

    /// What the node that runs a job has seen it use so far. Nil when it has ended meanwhile, or the node does not say.
    func usageElsewhere(_ job: Job, _ team: Team) async throws(EngineError) -> UsageHistory? {
        try await ask(NodeRequest(action: .usage, job: job.id.text), about: job, team).usage
    }

    private nonisolated func ask(
        _ request: NodeRequest, about job: Job, _ team: Team
    ) async throws(EngineError) -> NodeAnswer {
        let answer: NodeAnswer?
        do {
            let owner = try await team.store.nodes().first { $0.node.name == job.node }
            guard let owner, owner.state == .up || owner.state == .draining else { throw EngineError.ownerUnreachable }
            answer = try await team.ask(request, of: job.node, patience: configuration.stopGrace + .seconds(10))
        } catch let error as StoreError {
            throw EngineError(error)
        } catch {
            throw .ownerUnreachable
        }
        guard let answer else { throw .ownerUnreachable }
        return answer
    }

    /// Every node of the team; on a store of its own, this one.
    public func nodes() async throws(EngineError) -> [NodeStatus] {
        guard let team else {
            let node = TeamNode(
                name: configuration.node, machine: "", version: configuration.team.version,
                labels: configuration.team.labels, capacity: configuration.runningLimit)
            return [
                NodeStatus(
                    node: node, address: "", running: machine.runningCount, queued: machine.queuedCount, state: .up,
                    heartbeatAt: now())
            ]
        }
        do {
            return try await team.store.nodes()
        } catch {
            throw EngineError(error)
        }
    }

    /// Has a node finish what it runs and take nothing new, or take new jobs again.
    ///
    /// - Returns: False when there is no such node, or no team.
    public func setDraining(_ isDraining: Bool, node: String) async throws(EngineError) -> Bool {
        guard let team else { return false }
        do {
            try await team.store.setDraining(isDraining, node: node)
        } catch {
            if error.code == .jobNotFound { return false }
            throw EngineError(error)
        }
        if node == configuration.node {
            team.state.withLock { $0.lease.isDraining = isDraining }
            team.claims.ring()
        }
        return true
    }

    /// Where the API of this node is reached, for the list of nodes.
    public nonisolated func setAddress(_ address: String) {
        team?.state.withLock { $0.address = address }
        team?.heartbeat.ring()
    }

    /// Whether the store is shared with other nodes.
    public nonisolated var isTeam: Bool { team != nil }
}

extension EngineError {
    static let ownerUnreachable = EngineError(.ownerUnreachable, "The node that runs the job cannot be reached now.")
}
