import DequeModule

/// Jobs that have begun, and whose process ID is not stored yet; in the order of their begin.
///
/// Nobody needs the process ID of an earlier server: the keeper knows it, and without a keeper the processes are found by their
/// environment. So it waits a moment, and a short job is spared a transaction. One task waits for all jobs: what a task has once
/// needed of memory it keeps until it ends, and this one's way to the store and back is a long one.
struct UnstoredStarts {
    /// How long a job runs before its process ID is stored.
    private static let delay = Duration.milliseconds(100)
    /// How much longer one may wait, for others that begin meanwhile: one timer for all of them.
    private static let gatheringTime = Duration.milliseconds(25)

    private var waiting: Deque<(job: JobID, run: JobRun, due: ContinuousClock.Instant)> = []
    /// Fulfilled when there is one; made anew by whoever stores them.
    private(set) var some = OneShot<Void>()

    mutating func add(_ job: JobID, _ run: JobRun) {
        waiting.append((job, run, .now + Self.delay))
        some.fulfil(())
    }

    /// When the next ones are to be stored.
    var due: ContinuousClock.Instant? { waiting.first.map { $0.due + Self.gatheringTime } }

    mutating func takeDue() -> [(job: JobID, run: JobRun)] {
        let now = ContinuousClock.now
        let count = waiting.prefix { $0.due <= now }.count
        defer { waiting.removeFirst(count) }
        return waiting.prefix(count).map { ($0.job, $0.run) }
    }

    mutating func renew() { some = OneShot() }
}

extension Engine {
    /// Stores the process IDs of jobs that have run for a moment, until the task is cancelled.
    func storeStarts() async {
        while await unstoredStarts.some.value() != nil {
            unstoredStarts.renew()
            while let due = unstoredStarts.due {
                guard (try? await Task.sleep(until: due, clock: .continuous)) != nil else { return }
                let starts = unstoredStarts.takeDue()
                await withDiscardingTaskGroup { group in
                    for (id, run) in starts where active[id]?.isOver == false {
                        group.addTask { await self.storeStart(run, of: id) }
                    }
                }
            }
        }
    }

    /// The end of a job waits for it: the store must not hear of the two in the wrong order.
    private func storeStart(_ run: JobRun, of id: JobID) async {
        guard active[id]?.isOver == false else { return }
        let stored = OneShot<Void>()
        active[id]?.startStored = stored
        await store(.running(run), of: id)
        stored.fulfil(())
    }
}
