import Foundation
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The engine as a node of a team. Everything here does nothing when the store is not shared.
extension Engine {
    /// Takes part, before the past is settled: from here on every write carries this node's epoch.
    func joinTeam() async throws(StoreError) {
        guard let team else { return }
        let start = team.now
        try await team.store.join(teamNode(team), lease: team.configuration.lease)
        team.state.withLock { $0.lease.joined(askedAt: start) }
    }

    /// Joins, and waits for a database that went away after it was opened.
    ///
    /// - Returns: False when told to end before.
    func joinTeamPatiently() async throws(StoreError) -> Bool {
        var backoff = Backoff()
        // At least once, also for a server that is started to stop the jobs of another one.
        while true {
            do {
                try await joinTeam()
                return true
            } catch {
                guard error.code == .unavailable else { throw error }
                if backoff.isFirst { logger.warning("the database does not answer", metadata: ["error": "\(error)"]) }
                if Task.isCancelled || Task.isShuttingDownGracefully { return false }
                await backoff.wait(clock: clock)
            }
        }
    }

    private func teamNode(_ team: Team) -> TeamNode {
        TeamNode(
            name: configuration.node, machine: team.configuration.machine, version: team.configuration.version,
            labels: team.configuration.labels, capacity: configuration.runningLimit)
    }

    /// Lives as a node until the task is cancelled, and then leaves.
    func liveInTeam() async {
        guard let team else { return }
        await withDiscardingTaskGroup { group in
            group.addTask { for await wakeUp in team.store.wakeUps() { team.heard(wakeUp) } }
            group.addTask { await team.announcer.run() }
            group.addTask { await self.keepLease(team) }
            group.addTask { await self.watchLease(team) }
            group.addTask { await self.claimJobs(team) }
            group.addTask { await self.tellChanges(team) }
            group.addTask { await self.serveRequests(team) }
        }
        team.endMirrors()
    }

    /// After the last job has ended.
    func leaveTeam() async {
        guard let team else { return }
        team.state.withLock { $0.lease.left() }
        _ = await race(clock: clock, limit: .seconds(2)) { try? await team.store.leave() }
    }

    // MARK: Lease

    private nonisolated func keepLease(_ team: Team) async {
        var lastCleaning = Duration.zero
        let retryPause = min(team.configuration.heartbeat, .seconds(1))
        while !Task.isCancelled {
            let start = team.now
            var actions: [LeaseStateMachine.Action] = []
            var isAnswered = true
            do {
                let load = NodeLoad(running: await runningCount, address: team.state.withLock { $0.address })
                let renewal = try await team.store.renew(load)
                let before = team.state.withLock { state in
                    state.lease.renewed(askedAt: start)
                    state.lease.isDraining = renewal.isDraining
                    defer { state.renewal = renewal }
                    return state.renewal
                }
                if renewal.queued > 0 { team.claims.ring() }
                await tellSilence(before.silent.symmetricDifference(renewal.silent))
                team.announcer.setListeners(renewal.others)
                if renewal.isFirst, start > lastCleaning + .seconds(60) {
                    lastCleaning = start
                    try await team.store.removeOldMessages()
                }
                if renewal.isFirst { try await takeOverRetries(team) }
                let lost = try await team.store.bury(after: team.configuration.grace)
                if !lost.isEmpty {
                    logger.warning("jobs of another node are lost", metadata: ["jobs": "\(lost.count)"])
                    team.changes.ring()
                    team.announcer.add(.changes)
                    team.announcer.add(.queue)
                }
            } catch {
                if error.code == .fenced {
                    actions += team.state.withLock { $0.lease.refused() }
                } else {
                    isAnswered = false
                    logger.debug("the lease was not renewed", metadata: ["error": "\(error)"])
                }
            }
            for action in actions { await perform(action, team) }
            await team.heartbeat.wait(upTo: isAnswered ? team.configuration.heartbeat : retryPause, clock: clock)
        }
    }

    /// Apart from the renewals, which may wait for an answer for longer than the lease lasts.
    private nonisolated func watchLease(_ team: Team) async {
        while !Task.isCancelled {
            let now = team.now
            for action in team.state.withLock({ $0.lease.tick(now) }) { await perform(action, team) }
            try? await clock.sleep(for: team.configuration.heartbeat, tolerance: nil)
        }
    }

    /// Jobs of nodes that are not heard any more, or are heard again: nothing in the store has changed, but what is known of them.
    private nonisolated func tellSilence(_ nodes: Set<String>) async {
        for node in nodes where node != configuration.node {
            for job in (try? await store.unfinishedJobs(onNode: node)) ?? [] { jobEvents.send(.changed(job)) }
        }
    }

    private var runningCount: Int { machine.runningCount }

    private func perform(_ action: LeaseStateMachine.Action, _ team: Team) async {
        switch action {
        case .stopJobs:
            logger.warning("the lease is lost; its jobs are stopped", metadata: ["jobs": "\(active.count)"])
            for entry in active.values { entry.stop.fulfil(.leaseLoss) }
        case .discardJobs:
            logger.error(
                "this node was given up by the others; what it runs is lost", metadata: ["jobs": "\(active.count)"])
            for entry in active.values {
                entry.pipeline.abandon()
                entry.stop.fulfil(.leaseLoss)
            }
        case .rejoin:
            do {
                try await joinTeam()
            } catch {
                logger.warning("cannot join the team again", metadata: ["error": "\(error)"])
            }
        }
    }

    // MARK: Claims

    private nonisolated func claimJobs(_ team: Team) async {
        while !Task.isCancelled {
            await claimNow(team)
            // Every renewal tells whether somebody waits, so while hints arrive this is for nothing.
            await team.claims.wait(upTo: team.patience * 4, clock: clock)
        }
    }

    private func claimNow(_ team: Team) async {
        while team.mayBegin, !machine.isShuttingDown, machine.freeSlots > 0, !Task.isCancelled {
            let limit = machine.freeSlots
            let jobs: [Job]
            do {
                jobs = try await team.store.claim(limit: limit)
            } catch {
                logger.debug("no job was claimed", metadata: ["error": "\(error)"])
                return
            }
            for job in jobs { launcher.willLaunch(job.id) }
            for job in jobs {
                machine.admit(job.id)
                active[job.id] = ActiveJob(job)
                jobEvents.send(.changed(job))
                await start(job.id)
            }
            if !jobs.isEmpty { team.announcer.add(.changes) }
            if jobs.count < limit { return }
        }
    }

    // MARK: Changes elsewhere

    private nonisolated func tellChanges(_ team: Team) async {
        var mark: ChangeMark?
        var seen: Set<JobChange> = []
        while !Task.isCancelled {
            do {
                let (changes, next) = try await team.store.changes(since: mark)
                mark = next
                let new = changes.filter { !seen.contains($0) }
                seen = Set(changes)
                for job in Set(new.map(\.job)) { await tell(job, team) }
            } catch {
                logger.debug("changes elsewhere are not known", metadata: ["error": "\(error)"])
            }
            await team.changes.wait(upTo: team.patience, clock: clock)
        }
    }

    private func tell(_ id: JobID, _ team: Team) async {
        guard active[id] == nil else { return }
        do {
            guard let job = try await store.job(id) else { return jobEvents.send(.removed(id)) }
            // The node that indexes for all does not see the others' jobs end.
            if job.status.isFinal { outputToIndex.fulfil(()) }
            // What this node has done itself it has told already.
            if job.node != configuration.node || job.status == .lost { jobEvents.send(.changed(job)) }
        } catch {
            // The page asks again when it needs to.
        }
    }

    // MARK: Requests of other nodes

    private nonisolated func serveRequests(_ team: Team) async {
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                let requests = (try? await team.store.takeRequests()) ?? []
                // Input has an order; a stop must not wait behind it for as long as a terminal takes nothing.
                let byJob = Dictionary(grouping: requests) { request in
                    let body = StoredJSON.value(request.body, as: NodeRequest.self)
                    return "\(body?.job ?? "") \(body?.action == .input)"
                }
                for batch in byJob.values {
                    group.addTask {
                        for request in batch {
                            let answer = await self.carryOut(StoredJSON.value(request.body))
                            guard let text = try? StoredJSON.text(of: answer) else { continue }
                            try? await team.store.answer(request.number, text)
                            team.announcer.add(.requests)
                        }
                    }
                }
                if requests.isEmpty { await team.requests.wait(upTo: team.patience, clock: clock) }
            }
        }
    }

    private nonisolated func carryOut(_ request: NodeRequest?) async -> NodeAnswer {
        guard let request, let id = JobID(request.job) else { return NodeAnswer(.unknown) }
        do throws(EngineError) {
            switch request.action {
            case .stop:
                guard await active[id] != nil else { return NodeAnswer(.notRunning) }
                switch try await stop(id, by: request.actor) {
                case .ended(let job): return NodeAnswer(.done, status: job.status)
                case .stopping(let job): return NodeAnswer(.stopping, status: job.status)
                }
            case .input:
                guard await active[id] != nil else { return NodeAnswer(.notRunning) }
                try await write(ByteBuffer(bytes: request.bytes ?? Data()), to: id)
            case .resize:
                guard await active[id] != nil else { return NodeAnswer(.notRunning) }
                try await resize(id, to: TerminalSize(columns: request.columns ?? 0, rows: request.rows ?? 0))
            case .signal:
                guard await active[id] != nil else { return NodeAnswer(.notRunning) }
                guard let number = request.signal else { return NodeAnswer(.unknown) }
                try await signal(id, number)
            case .usage:
                guard let entry = await active[id] else { return NodeAnswer(.notRunning) }
                var answer = NodeAnswer(.done)
                answer.usage = entry.usage
                return answer
            }
            return NodeAnswer(.done)
        } catch {
            return NodeAnswer(error)
        }
    }
}
