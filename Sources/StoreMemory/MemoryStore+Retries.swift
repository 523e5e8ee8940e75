import Foundation
public import SrunKit
import Synchronization

extension MemoryStore: RetryKeeping {
    public func jobsToRetry(onNode node: String) async throws(StoreError) -> [Job] {
        let jobs = state.withLock { state in
            state.records.values.map(\.current).filter { $0.node == node && $0.state.end?.retryAt != nil }
        }
        return jobs.sorted {
            ($0.state.end?.retryAt ?? .distantFuture, $0.id) < ($1.state.end?.retryAt ?? .distantFuture, $1.id)
        }
    }

    public func giveUpRetry(of job: JobID) async throws(StoreError) {
        state.withLock { $0.settleRetry(of: job) }
    }
}

extension MemoryStore.State {
    /// Whether a job that is there still waits to be tried again.
    func mayTry(_ origin: JobID?) -> Bool {
        guard let state = origin.flatMap({ records[$0]?.job.state }) else { return true }
        return state.end?.retryAt != nil
    }

    mutating func settleRetry(of job: JobID) {
        guard let present = records[job]?.job.state else { return }
        records[job]?.job.state = present.withoutRetry
    }
}
