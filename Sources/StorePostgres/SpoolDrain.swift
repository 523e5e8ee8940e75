import SrunKit
import Synchronization

/// Brings spooled output into the database, in order, as soon as it takes it again.
final class SpoolDrain: Sendable {
    let spool: OutputSpool
    private static let batchBytes = 1 << 20
    private let isRunning = Mutex(false)

    init(_ spool: OutputSpool) { self.spool = spool }

    /// Starts, unless it is under way. Ends when nothing waits any more.
    func start(_ store: PostgresStore) {
        let isFirst = isRunning.withLock { isRunning in !exchange(&isRunning, with: true) }
        guard isFirst else { return }
        Task { [weak store] in
            var pause = Duration.milliseconds(100)
            while let present = store, await !self.spool.jobs.isEmpty, !present.isClosed {
                let isDone = await self.pass(present)
                pause = isDone ? .milliseconds(100) : min(pause * 2, .seconds(2))
                if !isDone { try? await Task.sleep(for: pause * Double.random(in: 0.5...1)) }
            }
            self.isRunning.withLock { $0 = false }
            // Something may have come between the last look and the end.
            if let store, await !self.spool.jobs.isEmpty, !store.isClosed { self.start(store) }
        }
    }

    /// One try for every job, side by side: their output goes into few transactions.
    ///
    /// - Returns: Whether nothing was held up.
    func pass(_ store: PostgresStore) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            for job in await spool.jobs { group.addTask { await self.drain(job, store) } }
            return await group.reduce(true) { $0 && $1 }
        }
    }

    private func drain(_ job: JobID, _ store: PostgresStore) async -> Bool {
        while true {
            let batch = await spool.batch(of: job, limit: Self.batchBytes)
            guard let end = batch.last?.end else {
                await spool.didStore(before: .max, of: job)
                return true
            }
            do {
                try await store.writer.append(batch, to: job, as: store.member)
                await spool.didStore(before: end, of: job)
            } catch {
                switch error.code {
                case .jobNotFound, .illegalTransition, .gap:
                    // The others have settled the job without this node, or it is gone: nobody takes the rest.
                    await spool.discard(job)
                    return true
                default: return false
                }
            }
        }
    }
}
