import Logging

extension Engine {
    /// How often running jobs are looked at for new output to index.
    private static let indexPause = Duration.seconds(2)
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
            await self?.hasActiveJobs ?? false
        }
        while !Task.isCancelled {
            outputToIndex = OneShot()
            let news = outputToIndex
            // One node is enough for a team.
            if team?.renewal.isFirst ?? true { await indexer.pass() }
            _ = await race(clock: clock, limit: active.isEmpty ? Self.idleIndexPause : Self.indexPause) {
                await news.value()
            }
        }
    }

    private var hasActiveJobs: Bool { !active.isEmpty }
}
