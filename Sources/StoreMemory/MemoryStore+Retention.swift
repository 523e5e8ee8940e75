public import SrunKit
import Synchronization

extension MemoryStore {
    public func finishedJobs(oldest limit: Int) async throws(StoreError) -> FinishedJobs {
        let limit = min(max(limit, 1), JobQuery.maximumLimit)
        let finished = state.withLock { state in
            state.records.values.compactMap { record in
                record.job.state.end.map {
                    FinishedJob(
                        id: record.job.id, endedAt: $0.endedAt,
                        outputBytes: $0.outputBytes - Int64(record.output.gap?.count ?? 0))
                }
            }
        }
        let bytes = finished.reduce(Int64(0)) { sum, job in
            let (next, overflows) = sum.addingReportingOverflow(job.outputBytes)
            return overflows ? .max : next
        }
        let oldest = finished.sorted(by: FinishedJob.precedes).prefix(limit)
        return FinishedJobs(count: finished.count, outputBytes: bytes, oldest: Array(oldest))
    }
}
