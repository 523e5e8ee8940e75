import Foundation
import Logging
import NIOCore
import StoreMemory
import SrunTestSupport
import Synchronization
import Testing

@testable import SrunKit

@Suite("Log pipeline", .timeLimit(.minutes(1)))
struct LogPipelineTests {
    static let id = JobID(milliseconds: 1, sequence: 0, random: 0)

    private func storeWithJob() async throws -> MemoryStore {
        let store = MemoryStore()
        let spec = try JobSpec(command: .shell("true"))
        try await store.insert(Job(id: Self.id, spec: spec, createdAt: Date(), node: "test"))
        return store
    }

    private func batcher(_ pipeline: LogPipeline, _ sink: any LogSink, clock: any Clock<Duration> = .continuous)
        -> LogBatcher
    {
        LogBatcher(
            pipeline: pipeline, sink: sink, clock: clock,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private func text(_ chunks: [LogChunk]) -> String {
        chunks.map { String(buffer: $0.bytes) }.joined()
    }

    @Test func aBatchWaitsFiftyMillisecondsForCompany() async throws {
        let store = try await storeWithJob()
        let pipeline = LogPipeline(job: Self.id)
        let clock = ManualClock()
        try await withThrowingTaskGroup(of: Void.self) { group in
            let batcher = batcher(pipeline, store, clock: clock)
            group.addTask { await batcher.run() }
            await pipeline.append(ByteBuffer(string: "one "), stream: .output, time: Date())
            await clock.sleepers()
            await pipeline.append(ByteBuffer(string: "two"), stream: .output, time: Date())
            clock.advance(by: .milliseconds(49))
            #expect(try await store.storedBytes(of: Self.id) == 0)
            clock.advance(by: .milliseconds(1))
            pipeline.end()
            try await group.waitForAll()
        }
        #expect(text(try await store.chunks(of: Self.id, from: 0, limit: 100)) == "one two")
    }

    @Test func aFullRingMakesTheReaderWaitForTheStore() async throws {
        let store = try await storeWithJob()
        let pipeline = LogPipeline(job: Self.id, ring: LogRing(maximumEntries: 2, maximumBytes: 1 << 20))
        let start = Date()
        for second in 0..<2 {
            await pipeline.append(ByteBuffer(string: "x"), stream: .output, time: start + Double(second))
        }
        let done = Event<Void>()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await pipeline.append(ByteBuffer(string: "y"), stream: .output, time: start + 2)
                done.happen(())
            }
            #expect(pipeline.byteCount == 2)
            #expect(!done.hasHappened)
            let batcher = batcher(pipeline, store)
            group.addTask { await batcher.run() }
            await done.wait()
            #expect(pipeline.byteCount == 3)
            pipeline.end()
            try await group.waitForAll()
        }
        #expect(text(try await store.chunks(of: Self.id, from: 0, limit: 100)) == "xxy")
    }

    @Test func aStoreThatFailsForAWhileLosesNothing() async throws {
        let store = try await storeWithJob()
        let sink = FlakySink(store: store, failures: 3)
        let pipeline = LogPipeline(job: Self.id)
        await pipeline.append(ByteBuffer(string: "kept"), stream: .output, time: Date())
        pipeline.end()
        await batcher(pipeline, sink).run()
        #expect(text(try await store.chunks(of: Self.id, from: 0, limit: 100)) == "kept")
        #expect(sink.attempts == 4)
    }

    /// Joins at every kind of place, with readers of every speed: the concatenation is always the same.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func everyFollowerReadsTheSameBytes(seed: UInt64) async throws {
        var random = SeededGenerator(seed: seed)
        let store = try await storeWithJob()
        let pipeline = LogPipeline(job: Self.id, ring: LogRing(maximumEntries: 8, maximumBytes: 4096))
        let pieces = (0..<400).map { _ in
            (0..<Int.random(in: 1...300, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
        }
        let whole = pieces.flatMap { $0 }
        let starts = (0..<12).map { _ in Int64.random(in: 0...Int64(whole.count), using: &random) }
        // One of them asks for nothing at a time, and gets a byte.
        let limits = [0] + (0..<11).map { _ in Int.random(in: 1...2000, using: &random) }

        try await withThrowingTaskGroup(of: Void.self) { group in
            let batcher = batcher(pipeline, store)
            group.addTask { await batcher.run() }
            group.addTask {
                for (index, piece) in pieces.enumerated() {
                    await pipeline.append(ByteBuffer(bytes: piece), stream: .output, time: Date() + Double(index))
                }
                pipeline.end()
                pipeline.settle()
            }
            for (start, limit) in zip(starts, limits) {
                group.addTask {
                    // Waits until its place exists, as somebody who reconnects with an offset would find it.
                    await pipeline.change(after: start - 1)
                    var feed = LogFeed(job: Self.id, from: .offset(start), source: .live(pipeline), sink: store)
                    var bytes: [UInt8] = []
                    while let chunks = try await feed.next(limit: limit) {
                        #expect(chunks.first?.offset == feed.start + Int64(bytes.count))
                        for chunk in chunks { bytes.append(contentsOf: chunk.bytes.readableBytesView) }
                    }
                    #expect(bytes == Array(whole[Int(feed.start)...]))
                }
            }
            try await group.waitForAll()
        }
        var history = LogFeed(job: Self.id, from: .last(100), source: .finished(Int64(whole.count)), sink: store)
        var tail: [UInt8] = []
        while let chunks = try await history.next() {
            for chunk in chunks { tail.append(contentsOf: chunk.bytes.readableBytesView) }
        }
        #expect(tail == Array(whole.suffix(100)))
    }

    @Test func aCancelledFollowerIsLetGo() async throws {
        let store = try await storeWithJob()
        let pipeline = LogPipeline(job: Self.id)
        let follower = Task {
            var feed = LogFeed(job: Self.id, from: .offset(0), source: .live(pipeline), sink: store)
            return try await feed.next()
        }
        follower.cancel()
        #expect(try await follower.value == nil)
    }
}

/// Fails so many times before it passes calls on.
private final class FlakySink: LogSink {
    private let store: MemoryStore
    private let state: Mutex<(failures: Int, attempts: Int)>

    init(store: MemoryStore, failures: Int) {
        self.store = store
        state = Mutex((failures, 0))
    }

    var attempts: Int { state.withLock { $0.attempts } }

    func append(_ chunks: [LogChunk], to job: JobID) async throws(StoreError) {
        let mustFail = state.withLock { state in
            state.attempts += 1
            state.failures -= 1
            return state.failures >= 0
        }
        if mustFail { throw StoreError(.unavailable, "not now") }
        try await store.append(chunks, to: job)
    }

    func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk] {
        try await store.chunks(of: job, from: offset, limit: limit)
    }

    func storedBytes(of job: JobID) async throws(StoreError) -> Int64 {
        try await store.storedBytes(of: job)
    }
}
