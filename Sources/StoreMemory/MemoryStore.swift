import SrunKit
import Synchronization

/// Keeps jobs and output in memory: the reference for what a store does, made for tests and for `--store memory`.
///
/// Everything is gone when the last reference is. Output is bounded: an append that would go beyond ``maximumOutputBytes`` is
/// refused with ``StoreError/Code/full``, and fits again after a job was removed. Jobs themselves are not counted.
public final class MemoryStore: Sendable {
    struct Record {
        var job: Job
        var output = MemoryOutput()
        var sizes: [TimedSize] = []
        var usage: UsageHistory?
    }

    struct State {
        var records: [JobID: Record] = [:]
        /// Every job's place, oldest first, so that a listing walks it from the end.
        var order: [JobCursor] = []
        var outputBytes = 0
    }

    public static let defaultMaximumOutputBytes = 512 * 1024 * 1024

    /// How much output all jobs together may have.
    public let maximumOutputBytes: Int
    let state = Mutex(State())
    let access = Mutex(MemoryAccess())

    public init(maximumOutputBytes: Int = MemoryStore.defaultMaximumOutputBytes) {
        self.maximumOutputBytes = maximumOutputBytes
    }
}

extension MemoryStore.State {
    /// The number of jobs that are older than the given place: where a job with that place is, or would be.
    func position(of cursor: JobCursor) -> Int {
        var low = 0
        var high = order.count
        while low < high {
            let middle = (low + high) / 2
            if JobCursor.precedes(cursor, order[middle]) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
