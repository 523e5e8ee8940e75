import Logging

extension Engine {
    /// At most so many jobs are removed in a row.
    private static let jobsPerRound = 200
    /// For others to write in, while more is to be removed.
    private static let breath = Duration.seconds(1)
    /// Between two looks at least: with a million jobs one takes a tenth of a second.
    private static let lookPause = Duration.seconds(5)
    /// Jobs also become too old while none ends.
    private static let lookInterval = Duration.seconds(60)

    /// Removes what the policy lets go: at the start, after jobs have ended, and once a minute, until the task is cancelled.
    func keepWithinLimits() async {
        guard configuration.retention != .keepsEverything else { return }
        var leap = ClockLeap(Stopwatch(clock), at: now())
        while !Task.isCancelled {
            if let seconds = leap.look(at: now()) {
                logger.warning(
                    "the clock was set forward; no job is removed for its age within the next hour",
                    metadata: ["seconds": "\(seconds.components.seconds)"])
            }
            if let team, !team.renewal.isFirst {
                // One node is enough.
                try? await clock.sleep(for: Self.lookPause, tolerance: nil)
                continue
            }
            jobHasEnded = OneShot()
            let ended = jobHasEnded
            if await removeExpired(evenOld: !leap.isDoubted) {
                try? await clock.sleep(for: Self.breath, tolerance: nil)
            } else {
                try? await clock.sleep(for: Self.lookPause, tolerance: nil)
                _ = await race(clock: clock, limit: Self.lookInterval) { await ended.value() }
            }
        }
    }

    /// - Parameter evenOld: Whether jobs are also removed for nothing but their age.
    /// - Returns: Whether there is probably more to remove than one round does.
    private func removeExpired(evenOld: Bool) async -> Bool {
        let finished: FinishedJobs
        do {
            finished = try await store.finishedJobs(oldest: Self.jobsPerRound)
        } catch {
            logger.warning("cannot look for old jobs to remove", metadata: ["error": "\(error)"])
            return false
        }
        var policy = configuration.retention
        if !evenOld { policy.age = nil }
        let expired = policy.expired(in: finished, now: now())
        var removed = 0
        for id in expired where !machine.isShuttingDown {
            do {
                try await remove(id)
                removed += 1
            } catch {
                switch error.code {
                case .jobNotFound, .stillRunning:
                    // Somebody else was faster, or this engine has not seen its end yet.
                    continue
                default:
                    logger.warning(
                        "cannot remove an old job", metadata: ["job.id": "\(id)", "error": "\(error)"])
                    return false
                }
            }
        }
        if removed > 0 { logger.info("removed old jobs", metadata: ["jobs": "\(removed)"]) }
        return expired.count == Self.jobsPerRound
    }
}
