public import SrunKit
import Synchronization

extension MemoryStore: SizeRecording {
    public func record(_ size: TimedSize, of job: JobID) async throws(StoreError) {
        try state.withLock { (state) throws(StoreError) in
            guard var sizes = state.records[job]?.sizes else { throw .jobNotFound(job) }
            sizes.removeAll { $0.time == size.time }
            guard sizes.count < Self.maximumSizes else { return }
            sizes.insert(size, at: sizes.firstIndex { $0.time > size.time } ?? sizes.endIndex)
            state.records[job]?.sizes = sizes
        }
    }

    public func sizes(of job: JobID) async throws(StoreError) -> [TimedSize] {
        state.withLock { $0.records[job]?.sizes ?? [] }
    }
}
