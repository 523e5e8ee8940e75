import Logging

extension Engine {
    /// Has a job that failed tried again, if that was asked for: as a new job, which names this one.
    func considerRetry(_ job: Job) {
        guard let policy = job.spec.retries, job.spec.attempt <= policy.count,
            job.status == .failed || job.status == .timeout
        else { return }
        commandSink.yield(.retry(job))
    }

    /// Waits for the time of the next try, and submits it. A server that ends meanwhile does not try again.
    func retry(_ job: Job) async {
        guard let policy = job.spec.retries else { return }
        let attempt = job.spec.attempt + 1
        let isEnding = await race(clock: clock, limit: policy.delay(before: attempt)) { [closing] in
            await closing.value() != nil
        }
        guard isEnding == nil else { return }
        do {
            _ = try await submit(job.spec.tried(RetryOrigin(of: job.id, attempt: attempt)), by: job.createdBy)
        } catch {
            logger.warning(
                "a job that failed cannot be tried again", metadata: ["job.id": "\(job.id)", "error": "\(error)"])
        }
    }
}
