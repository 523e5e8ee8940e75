import NIOCore
public import SrunKit
import Synchronization

extension MemoryStore: LogSink {
    public func append(_ chunks: [LogChunk], to job: JobID) async throws(StoreError) {
        let chunks = chunks.filter { $0.bytes.readableBytes > 0 }
        guard let first = chunks.first else { return }
        try state.withLock { (state) throws(StoreError) in
            guard let end = state.records[job]?.output.end else { throw .jobNotFound(job) }
            var expected = min(first.offset, end)
            for chunk in chunks {
                guard chunk.offset == expected else {
                    throw StoreError(
                        .gap(expected: expected), "Output of job \(job) can only continue at byte \(expected).")
                }
                expected = chunk.end
            }
            let added = Int(max(0, expected - end))
            guard added <= maximumOutputBytes - state.outputBytes else {
                throw StoreError(.full, "The memory for output is used up; remove jobs that are no longer needed.")
            }
            for chunk in chunks { state.records[job]?.output.append(chunk) }
            state.outputBytes += added
        }
    }

    public func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk] {
        try state.withLock { (state) throws(StoreError) in
            guard let output = state.records[job]?.output else { throw .jobNotFound(job) }
            return output.chunks(from: max(0, offset), limit: max(1, limit))
        }
    }

    public func storedBytes(of job: JobID) async throws(StoreError) -> Int64 {
        try state.withLock { (state) throws(StoreError) in
            guard let output = state.records[job]?.output else { throw .jobNotFound(job) }
            return output.end
        }
    }
}
