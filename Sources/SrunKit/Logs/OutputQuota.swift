import Synchronization

/// How much of a job's output is kept: its beginning and its end, half of the limit each. Pure.
struct OutputQuota: Hashable, Sendable {
    /// More than 0.
    let bytes: Int64

    /// So much more than the limit may be stored before the surplus is dropped: dropping byte by byte would cost more than it saves.
    var slack: Int64 { min(8 << 20, max(64 << 10, bytes / 8)) }

    /// What an output of so many bytes has too much of: its middle.
    func surplus(of total: Int64) -> Range<Int64>? {
        guard total > bytes else { return nil }
        let head = bytes / 2
        return head..<(total - (bytes - head))
    }
}

/// How much of a job's output has been dropped so far: written by its batcher, read by whoever shows the job.
final class DroppedOutput: Sendable {
    private let count: Mutex<Int64>

    init(_ bytes: Int64) { count = Mutex(bytes) }

    var bytes: Int64 {
        get { count.withLock { $0 } }
        set { count.withLock { $0 = newValue } }
    }
}
