public import SrunKit
public import StoreMemory

/// A store that does one thing its own way, and everything else as the one in memory that it wraps.
public protocol WrappingStore: JobStore, LogSink {
    var wrapped: MemoryStore { get }
}

extension WrappingStore {
    public func insert(_ job: Job) async throws(StoreError) { try await wrapped.insert(job) }
    public func advance(_ id: JobID, to state: JobState) async throws(StoreError) {
        try await wrapped.advance(id, to: state)
    }
    public func job(_ id: JobID) async throws(StoreError) -> Job? { try await wrapped.job(id) }
    public func jobs(_ query: JobQuery) async throws(StoreError) -> JobPage { try await wrapped.jobs(query) }
    public func unfinishedJobs(onNode node: String) async throws(StoreError) -> [Job] {
        try await wrapped.unfinishedJobs(onNode: node)
    }
    public func finishedJobs(oldest limit: Int) async throws(StoreError) -> FinishedJobs {
        try await wrapped.finishedJobs(oldest: limit)
    }
    public func remove(_ id: JobID) async throws(StoreError) { try await wrapped.remove(id) }
    public func close() async { await wrapped.close() }
    public func append(_ chunks: [LogChunk], to job: JobID) async throws(StoreError) {
        try await wrapped.append(chunks, to: job)
    }
    public func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk] {
        try await wrapped.chunks(of: job, from: offset, limit: limit)
    }
    public func storedBytes(of job: JobID) async throws(StoreError) -> Int64 {
        try await wrapped.storedBytes(of: job)
    }
}
