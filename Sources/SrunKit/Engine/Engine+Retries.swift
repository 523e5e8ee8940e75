import Foundation
import Logging

extension Engine {
    /// Goes on with the pauses that an earlier server of this node had begun. A pause that is over meanwhile is over at once.
    func resumeRetries() async throws(StoreError) {
        guard let store = store as? any RetryKeeping else { return }
        for job in try await store.jobsToRetry(onNode: configuration.node) { commandSink.yield(.retry(job)) }
    }

    /// Waits for the time of the next try, and submits it: as a new job, which names the one before. When the server ends
    /// meanwhile, the next one goes on waiting.
    func retry(_ job: Job) async {
        guard let time = job.state.end?.retryAt, retrying.insert(job.id).inserted else { return }
        defer { retrying.remove(job.id) }
        // Never longer than was meant, also when the time of day was set back meanwhile.
        let longest = job.spec.retries?.pause(before: job.spec.attempt + 1) ?? 0
        let pause = Duration.seconds(min(max(0, time.timeIntervalSince(now())), longest))
        let isEnding = await race(clock: clock, limit: pause) { [closing] in await closing.value() != nil }
        guard isEnding == nil else { return }
        var backoff = Backoff()
        while await isStillToRetry(job.id), closing.current == nil {
            let spec = job.spec.tried(RetryOrigin(of: job.id, attempt: job.spec.attempt + 1))
            do {
                _ = try await submit(spec, by: job.createdBy)
                return
            } catch {
                switch error.code {
                case .shuttingDown: return
                // Another node was first.
                case .storage(.alreadyExists): return
                case .storage(.unavailable), .storage(.fenced), .queueFull: await backoff.wait(clock: clock)
                default:
                    logger.warning(
                        "a job that failed cannot be tried again",
                        metadata: ["job.id": "\(job.id)", "error": "\(error)"])
                    try? await (store as? any RetryKeeping)?.giveUpRetry(of: job.id)
                    return
                }
            }
        }
    }

    /// Makes the tries whose time has come and whose own node is gone. Done by one node for all; should two ever think that they are
    /// the one, the store accepts one try. A try that only the lost node may make waits until it is back.
    nonisolated func takeOverRetries(_ team: Team) async throws(StoreError) {
        for job in try await team.store.retriesLeftBehind(at: now()) {
            if await mayRunSomewhere(job.spec.queueing, team) { commandSink.yield(.retry(job)) }
        }
    }

    private nonisolated func mayRunSomewhere(_ queueing: Queueing, _ team: Team) async -> Bool {
        if queueing.mayRun(on: configuration.node, labels: team.configuration.labels) { return true }
        let nodes = (try? await team.store.nodes()) ?? []
        return nodes.contains { $0.state == .up && queueing.mayRun(on: $0.node.name, labels: $0.node.labels) }
    }

    /// Somebody may have removed it meanwhile.
    private func isStillToRetry(_ id: JobID) async -> Bool {
        do {
            return try await store.job(id) != nil
        } catch {
            // Whether it can be tried is then for the submission to find out.
            return true
        }
    }
}

extension JobSpec {
    /// When a job that ends so is to be tried again; nil when it is not.
    func retryTime(after status: JobStatus, at endedAt: Date) -> Date? {
        guard let retries, attempt <= retries.count, status == .failed || status == .timeout else { return nil }
        return endedAt.addingTimeInterval(retries.pause(before: attempt + 1))
    }
}
