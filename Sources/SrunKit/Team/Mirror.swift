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

    let pipeline: LogPipeline
    let ended = OneShot<Job>()
    let bell = Bell()
    private let job: JobID
    private let reader: MirrorReader
    private let clock: any Clock<Duration>

    init(_ job: Job, reader: MirrorReader, clock: any Clock<Duration>) {
        self.job = job.id
        self.reader = reader
        self.clock = clock
        pipeline = LogPipeline(job: job.id, ring: LogRing(from: job.outputBytes))
    }

    /// - Parameter pause: How long to wait for a hint.
    func run(pause: @Sendable () -> Duration) async {
        var backoff = Backoff()
        while !Task.isCancelled {
            do {
                guard let news = try await reader.news(of: OutputPlace(job: job, offset: pipeline.byteCount)) else {
                    break
                }
                backoff = Backoff()
                if let first = news.chunks.first { pipeline.skip(to: first.offset) }
                await append(news.chunks)
                if !news.chunks.isEmpty, pipeline.byteCount < news.job.outputBytes { continue }
                if news.job.status.isFinal {
                    pipeline.end()
                    ended.fulfil(news.job)
                    pipeline.settle()
                    return
                }
                try? await clock.sleep(for: Self.breath, tolerance: nil)
                await bell.wait(upTo: pause(), clock: clock)
            } catch {
                await backoff.wait(clock: clock)
            }
        }
        pipeline.abandon()
    }

    private func append(_ chunks: [LogChunk]) async {
        for chunk in chunks {
            await pipeline.append(chunk.bytes, stream: chunk.stream, time: chunk.time)
            // It comes from the store: nothing here waits to be written.
            pipeline.markDurable(before: chunk.end)
        }
    }
}

/// Keeps a mirror's reader alive while somebody holds it.
final class MirrorHold: Sendable {
    private let onRelease: @Sendable () -> Void

    init(onRelease: @escaping @Sendable () -> Void) { self.onRelease = onRelease }

    deinit { onRelease() }
}
