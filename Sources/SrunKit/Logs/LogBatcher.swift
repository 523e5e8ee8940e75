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
    let clock: any Clock<Duration>
    let logger: Logger

    /// Runs until everything is stored, or the pipeline is abandoned, or the job is removed from the store.
    func run() async {
        while await pipeline.pending() {
            _ = await race(clock: clock, limit: Self.interval) { [pipeline] in
                await pipeline.pending(bytes: Self.sufficientBytes)
            }
            let batch = pipeline.batch(limit: Self.maximumBytes)
            guard let end = batch.last?.end, await store(batch) else { return }
            pipeline.markDurable(before: end)
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
                case .jobNotFound, .gap, .corrupt:
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
