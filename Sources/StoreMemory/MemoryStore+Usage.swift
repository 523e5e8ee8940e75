public import SrunKit
import Synchronization

extension MemoryStore: UsageSink {
    public func keep(_ history: UsageHistory, of job: JobID) async throws(StoreError) {
        try state.withLock { (state) throws(StoreError) in
            guard state.records[job] != nil else { throw .jobNotFound(job) }
            state.records[job]?.usage = history
        }
    }

    public func usageHistory(of job: JobID) async throws(StoreError) -> UsageHistory? {
        state.withLock { $0.records[job]?.usage }
    }
}
