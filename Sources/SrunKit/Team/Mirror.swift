import Foundation
import Logging

/// The output of a job that runs on another node, as it comes into the store: one reader for all who follow it here.
///
/// They follow a ``LogPipeline`` as if the job ran here; it is filled from the store instead of from a process. The reader ends with the
/// job, or when nobody has followed for a moment.
final class Mirror: Sendable {
    /// Between two looks at the store when hints arrive, and when they do not.
    static let slowPause = Duration.seconds(2)
    static let fastPause = Duration.milliseconds(250)
    /// After a read: what arrives meanwhile is read in one go.
    private static let breath = Duration.milliseconds(20)
    private static let readBytes = 1 << 20

    let pipeline: LogPipeline
    let ended = OneShot<Job>()
    let bell = Bell()
    private let job: JobID
    private let store: any TeamStore
    private let clock: any Clock<Duration>

    init(_ job: Job, store: any TeamStore, clock: any Clock<Duration>) {
        self.job = job.id
        self.store = store
        self.clock = clock
        pipeline = LogPipeline(job: job.id, ring: LogRing(from: job.outputBytes))
    }

    /// - Parameter pause: How long to wait for a hint.
    func run(pause: @Sendable () -> Duration) async {
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                guard let job = try await store.job(job) else { return pipeline.abandon() }
                try await read(upTo: job.outputBytes)
                if job.status.isFinal {
                    pipeline.end()
                    ended.fulfil(job)
                    pipeline.settle()
                    return
                }
                backoff = Backoff()
                try? await clock.sleep(for: Self.breath, tolerance: nil)
                await bell.wait(upTo: pause(), clock: clock)
            } catch {
                if error.code == .jobNotFound { return pipeline.abandon() }
                await backoff.wait(clock: clock)
            }
        }
        pipeline.abandon()
    }

    private func read(upTo end: Int64) async throws(StoreError) {
        while pipeline.byteCount < end, !Task.isCancelled {
            let chunks = try await store.chunks(of: job, from: pipeline.byteCount, limit: Self.readBytes)
            guard let first = chunks.first else { return }
            // Dropped before it was read: whoever follows begins anew, and is told so then.
            guard first.offset == pipeline.byteCount else { throw .jobNotFound(job) }
            for chunk in chunks {
                await pipeline.append(chunk.bytes, stream: chunk.stream, time: chunk.time)
                // It comes from the store: nothing here waits to be written.
                pipeline.markDurable(before: chunk.end)
            }
        }
    }
}

/// Keeps a mirror's reader alive while somebody holds it.
final class MirrorHold: Sendable {
    private let onRelease: @Sendable () -> Void

    init(onRelease: @escaping @Sendable () -> Void) { self.onRelease = onRelease }

    deinit { onRelease() }
}
