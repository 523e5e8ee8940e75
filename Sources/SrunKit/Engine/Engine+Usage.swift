import Foundation
import Logging

extension Engine {
    /// Between two looks at the processes of all jobs.
    private static let sampleInterval = Duration.seconds(1)

    /// Looks once a second at what running jobs use, until the task is cancelled. Nothing is looked at while none runs.
    func sampleUsage() async {
        while !Task.isCancelled {
            try? await clock.sleep(for: Self.sampleInterval, tolerance: .milliseconds(100))
            var leaders: [JobID: Int32] = [:]
            for (id, entry) in active {
                if let process = entry.job.state.run?.processID { leaders[id] = process }
            }
            guard !leaders.isEmpty, !Task.isCancelled else { continue }
            let samples = await Self.samples(of: leaders, at: now())
            for (id, sample) in samples {
                var sample = sample
                sample.outputBytes = active[id]?.current.outputBytes
                active[id]?.usage.add(sample)
            }
        }
    }

    private nonisolated static func samples(of leaders: [JobID: Int32], at time: Date) async -> [JobID: UsageSample] {
        ProcessUsage().samples(of: leaders, at: time)
    }

    /// How a job has used the machine: so far, or until its end. Empty for one that ended within a second.
    ///
    /// - Throws: ``EngineError`` with code `jobNotFound`, `storage`, or `ownerUnreachable` for a job that runs elsewhere.
    public func usage(of id: JobID) async throws(EngineError) -> UsageHistory {
        let job = try await job(id)
        if let entry = active[id] { return entry.usage }
        if job.status == .running, let team = placeElsewhere(job),
            let history = try await usageElsewhere(job, team)
        {
            return history
        }
        guard let store = store as? any UsageSink else { return UsageHistory() }
        do {
            return try await store.usageHistory(of: id) ?? UsageHistory()
        } catch {
            throw EngineError(error)
        }
    }

    /// Keeps what was sampled. It is worth less than anything else about a job, so a store that does not take it is not asked again.
    func keepUsage(of id: JobID) async {
        guard let history = active[id]?.usage, !history.samples.isEmpty, let store = store as? any UsageSink else {
            return
        }
        do {
            try await store.keep(history, of: id)
        } catch {
            logger.warning("the usage of a job cannot be kept", metadata: ["job.id": "\(id)", "error": "\(error)"])
        }
    }
}
