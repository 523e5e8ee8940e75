import Foundation
import NIOCore
import SrunKit
import Testing

/// What the checks have in common. A job is known by a number: its identifiers sort and its times grow as the numbers do.
extension StoreContract {
    static let noon = Date(microseconds: 1_750_000_000_123_456)
    static let node = "node-a"

    static func id(_ number: Int) -> JobID {
        JobID(milliseconds: UInt64(number), sequence: 0, random: 0)
    }

    static func job(
        _ number: Int, _ state: JobState = .queued, node: String = node, command: String = "echo", name: String? = nil,
        tags: [String] = [], by createdBy: String? = nil
    ) -> Job {
        Job(
            id: id(number),
            spec: JobSpec(stored: .shell(command), name: name, tags: tags),
            createdAt: noon.addingTimeInterval(Double(number)),
            node: node,
            createdBy: createdBy,
            state: state,
            outputBytes: state.end?.outputBytes ?? 0)
    }

    static let run = JobRun(startedAt: noon.addingTimeInterval(2), processID: 4711)
    static let running = JobState.running(run)

    static func finished(
        _ ending: JobOutcome.Ending = .exited(.code(0)), reason: String? = nil, usage: ResourceUsage? = nil,
        outputBytes: Int64 = 0, run: JobRun? = StoreContract.run
    ) -> JobState {
        var outcome = JobOutcome(ending, reason: reason, usage: usage)
        if case .stopped = ending { outcome.stoppedBy = "ann" }
        return .finished(
            JobEnd(outcome: outcome, endedAt: noon.addingTimeInterval(9), outputBytes: outputBytes), run)
    }

    static func chunk(
        at offset: Int64, _ bytes: some Sequence<UInt8>, after seconds: Double = 0, _ stream: LogStream = .output
    ) -> LogChunk {
        LogChunk(
            offset: offset, time: noon.addingTimeInterval(seconds).inWholeMicroseconds, stream: stream,
            bytes: ByteBuffer(bytes: bytes))
    }

    static func chunk(
        at offset: Int64, _ text: String, after seconds: Double = 0, _ stream: LogStream = .output
    ) -> LogChunk {
        chunk(at: offset, Array(text.utf8), after: seconds, stream)
    }

    /// Bytes without a pattern, the same for the same seed.
    static func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
        var generator = SplitMix(seed: seed)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        while bytes.count < count { withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) } }
        return Array(bytes.prefix(count))
    }

    /// Reads output to its end by as many calls as that takes, and checks that the chunks follow one another.
    static func output(
        of job: JobID, in store: any Store, from start: Int64 = 0, limit: Int = 1 << 20,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> [LogChunk] {
        var result: [LogChunk] = []
        var offset = start
        while true {
            let chunks = try await store.chunks(of: job, from: offset, limit: limit)
            guard let last = chunks.last else { return result }
            var expected = offset
            for chunk in chunks {
                try #require(
                    chunk.offset == expected, "a chunk follows its predecessor", sourceLocation: sourceLocation)
                try #require(chunk.bytes.readableBytes > 0, "no chunk is empty", sourceLocation: sourceLocation)
                expected = chunk.end
            }
            #expect(last.end - offset <= Int64(limit), "not more than asked for", sourceLocation: sourceLocation)
            result += chunks
            offset = last.end
        }
    }

    static func bytes(of job: JobID, in store: any Store, limit: Int = 1 << 20) async throws -> [UInt8] {
        try await output(of: job, in: store, limit: limit).flatMap { [UInt8]($0.bytes.readableBytesView) }
    }

    /// Every job, by following the pages.
    static func listed(_ query: JobQuery, in store: any Store) async throws -> [Job] {
        var query = query
        var jobs: [Job] = []
        while true {
            let page = try await store.jobs(query)
            jobs += page.jobs
            guard let next = page.next else { return jobs }
            query.after = next
        }
    }

    /// An error for comparison: only the code counts.
    static func error(_ code: StoreError.Code) -> StoreError { StoreError(code, "") }
}

/// A small generator of random numbers that gives the same ones for the same seed on every machine.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
