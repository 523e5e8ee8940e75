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
        guard let time = job.state.end?.retryAt else { return }
        let pause = Duration.seconds(max(0, time.timeIntervalSince(now())))
        let isEnding = await race(clock: clock, limit: pause) { [closing] in await closing.value() != nil }
        guard isEnding == nil, await isStillToRetry(job.id) else { return }
        let spec = job.spec.tried(RetryOrigin(of: job.id, attempt: job.spec.attempt + 1))
        do {
            _ = try await submit(spec, by: job.createdBy)
        } catch {
            if error.code == .shuttingDown { return }
            logger.warning(
                "a job that failed cannot be tried again", metadata: ["job.id": "\(job.id)", "error": "\(error)"])
            try? await (store as? any RetryKeeping)?.giveUpRetry(of: job.id)
        }
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
