public import SrunKit
import Synchronization

extension MemoryStore: OutputTrimming {
    public func drop(_ range: Range<Int64>, of job: JobID) async throws(StoreError) -> Range<Int64>? {
        try state.withLock { (state) throws(StoreError) in
            guard let before = state.records[job]?.output.byteCount else { throw .jobNotFound(job) }
            state.records[job]?.output.drop(range)
            state.outputBytes -= before - (state.records[job]?.output.byteCount ?? 0)
            return state.records[job]?.output.gap
        }
    }
}
