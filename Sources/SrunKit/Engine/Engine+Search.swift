import Logging

extension Engine {
    /// How often running jobs are looked at for new output to index.
    private static let indexPause = Duration.seconds(2)
    /// How long it is waited for more to index while jobs run: one look and one write for all that end meanwhile.
    private static let gatheringPause = Duration.milliseconds(250)
    /// When nothing happens nothing needs to be looked for.
    private static let idleIndexPause = Duration.seconds(3600)

    /// Looks for a text in all jobs, newest first.
    ///
    /// - Parameter cursor: Where an earlier search has left off.
    package nonisolated func search(
        _ text: String, ignoresCase: Bool, limit: Int, after cursor: SearchCursor?
    ) -> JobSearch {
        JobSearch(self, index: searchIndex, text: text, ignoresCase: ignoresCase, limit: limit, after: cursor)
    }

    /// Keeps the index of the store up to date until the task is cancelled.
    func indexOutput() async {
        guard configuration.indexesOutput, let searchIndex else { return }
        let indexer = OutputIndexer(store: searchIndex, clock: clock, logger: logger) { [weak self] in
            await self?.activity() ?? .idle
        }
        while !Task.isCancelled {
            outputToIndex = OneShot()
            let news = outputToIndex
            // One node is enough for a team.
            if team?.renewal.isFirst ?? true { await indexer.pass() }
            _ = await race(clock: clock, limit: active.isEmpty ? Self.idleIndexPause : Self.indexPause) {
                await news.value()
            }
            if !active.isEmpty { try? await clock.sleep(for: Self.gatheringPause, tolerance: nil) }
        }
    }

    private func activity() -> OutputIndexer.Activity {
        let isPouring = outputRate.isPouring(
            active.mapValues(\.pipeline.byteCount), served: served.byteCount, at: .now)
        return isPouring ? .pouring : active.isEmpty ? .idle : .running
    }
}

/// How fast the running jobs print and the followers of any job read, all together.
struct OutputRate {
    private var counts: [JobID: Int64] = [:]
    private var served: Int64 = 0
    private var time = ContinuousClock.now

    /// - Parameters:
    ///   - present: How much each job has printed so far.
    ///   - served: How much all followers have read so far.
    mutating func isPouring(_ present: [JobID: Int64], served: Int64, at now: ContinuousClock.Instant) -> Bool {
        let printed = present.reduce(0) { $0 + max(0, $1.value - (counts[$1.key] ?? 0)) }
        let moved = printed + served - self.served
        let seconds = max(0.001, (now - time) / .seconds(1))
        (counts, self.served, time) = (present, served, now)
        return Double(moved) / seconds > OutputIndexer.Activity.pouringBytesPerSecond
    }
}
