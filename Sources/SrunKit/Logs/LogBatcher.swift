import Foundation
import Logging

/// Moves a job's output from its ring to the store, a batch at a time, until the output has ended and all of it is stored.
///
/// A byte waits at most ``interval`` before its batch is written, unless the store is slower than that. A store that does not
/// answer holds the batch, the ring fills, and the job waits: output is late then, but complete.
struct LogBatcher {
    /// The longest time a byte waits for company.
    static let interval = Duration.milliseconds(50)
    /// A batch this large is not made larger by waiting. While one is being written the next may grow to ``maximumBytes``.
    static let sufficientBytes = 1 << 20
    static let maximumBytes = 4 << 20

    let pipeline: LogPipeline
    let sink: any LogSink
    /// Nil keeps everything; so does a store that cannot drop.
    var quota: OutputQuota?
    var trimming: (any OutputTrimming)?
    var dropped = DroppedOutput(0)
    /// Looks at each batch before it is stored.
    var screen: ScreenTracker?
    let clock: any Clock<Duration>
    let logger: Logger

    /// Runs until everything is stored, or the pipeline is abandoned, or the job is removed from the store.
    func run() async {
        var surplus = Surplus(quota, trimming)
        while await pipeline.pending() {
            _ = await race(clock: clock, limit: Self.interval) { [pipeline] in
                await pipeline.pending(bytes: Self.sufficientBytes)
            }
            let batch = pipeline.batch(limit: Self.maximumBytes)
            screen?.feed(batch)
            guard let end = batch.last?.end, await store(batch) else { return }
            pipeline.markDurable(before: end)
            await drop(&surplus, of: end, slack: quota?.slack ?? 0)
        }
        // The end of the job is written down next, and needs the store as well.
        var backoff = Backoff()
        while await !drop(&surplus, of: pipeline.byteCount, slack: 0), !pipeline.isAbandoned {
            await backoff.wait(clock: clock)
        }
    }

    /// Where the dropping of what exceeds the quota stands.
    private struct Surplus {
        let quota: OutputQuota
        let store: any OutputTrimming
        var droppedUpTo: Int64 = 0

        init?(_ quota: OutputQuota?, _ store: (any OutputTrimming)?) {
            guard let quota, let store else { return nil }
            self.quota = quota
            self.store = store
        }
    }

    /// Drops what is too much once it is more than the slack.
    ///
    /// - Returns: False when the store does not do it now, and is to be asked again.
    @discardableResult
    private func drop(_ surplus: inout Surplus?, of total: Int64, slack: Int64) async -> Bool {
        guard let state = surplus, let range = state.quota.surplus(of: total),
            range.upperBound - max(state.droppedUpTo, range.lowerBound) > slack
        else { return true }
        do {
            guard let gap = try await state.store.drop(range, of: pipeline.job) else { return true }
            if dropped.bytes == 0 {
                logger.notice("a job prints more than is kept", metadata: ["job.id": "\(pipeline.job)"])
            }
            surplus?.droppedUpTo = gap.upperBound
            dropped.bytes = Int64(gap.count)
            return true
        } catch {
            if [.unavailable, .fenced].contains(error.code) { return false }
            logger.warning(
                "output beyond the quota cannot be dropped now",
                metadata: ["job.id": "\(pipeline.job)", "error": "\(error)"])
            return true
        }
    }

    /// - Returns: False when trying again is pointless.
    private func store(_ batch: [LogChunk]) async -> Bool {
        var backoff = Backoff()
        while true {
            do {
                try await sink.append(batch, to: pipeline.job)
                return true
            } catch {
                switch error.code {
                case .jobNotFound, .gap, .corrupt, .illegalTransition:
                    logger.error(
                        "output cannot be stored",
                        metadata: ["job.id": "\(pipeline.job)", "error": "\(error)"])
                    // Followers still see what is there; the reader must not wait for a store that will never take it.
                    pipeline.abandon()
                    return false
                default:
                    if pipeline.isAbandoned { return false }
                    if backoff.isFirst {
                        logger.warning(
                            "the store does not take output; the job waits",
                            metadata: ["job.id": "\(pipeline.job)", "error": "\(error)"])
                    }
                    await backoff.wait(clock: clock)
                }
            }
        }
    }
}

/// Growing pauses between attempts, each with some chance in it so that many who wait do not come back together.
struct Backoff {
    private var attempt = 0

    var isFirst: Bool { attempt == 0 }

    mutating func wait(clock: any Clock<Duration>) async {
        let milliseconds = min(2000, 50 << min(attempt, 6))
        attempt += 1
        try? await clock.sleep(for: .milliseconds(Int.random(in: milliseconds / 2...milliseconds)), tolerance: nil)
    }
}
