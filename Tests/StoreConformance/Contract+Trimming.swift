import NIOCore
import SrunKit
import Testing

/// What ``OutputTrimming`` promises. A store without it has nothing to prove here.
extension StoreContract {
    public static let trimming = [
        StoreRequirement("what is dropped is gone, and all around it keeps its place", dropsTheMiddle),
        StoreRequirement("a gap grows to the smallest that holds old and new", gapGrows),
        StoreRequirement("a gap never takes the last byte, nor what is not there", keepsTheLastByte),
        StoreRequirement("output goes on behind a gap", appendsBehindGap),
        StoreRequirement("reads around gaps anywhere give every byte that is kept", readsAroundAnyGap),
        StoreRequirement("a job tells how much of its output was dropped", tellsDropped),
        StoreRequirement("output of an unknown job cannot be dropped", dropsOfUnknownJob),
        StoreRequirement("a job with a gap is removed as any other", removesJobWithGap),
    ]

    private static func open(_ store: any Store, _ bytes: [UInt8]) async throws -> (any Store & OutputTrimming)? {
        guard let store = store as? any Store & OutputTrimming else { return nil }
        try await store.insert(job(1, running))
        var offset = 0
        while offset < bytes.count {
            let end = min(bytes.count, offset + 300_000)
            try await store.append([chunk(at: Int64(offset), bytes[offset..<end], after: Double(offset))], to: id(1))
            offset = end
        }
        return store
    }

    /// All bytes that are kept, by their offsets, read by calls of one size.
    private static func kept(in store: any Store, limit: Int = 1 << 20) async throws -> [Int64: UInt8] {
        var kept: [Int64: UInt8] = [:]
        var offset: Int64 = 0
        while true {
            let chunks = try await store.chunks(of: id(1), from: offset, limit: limit)
            guard let first = chunks.first, let last = chunks.last else { return kept }
            try #require(first.offset >= offset)
            for (one, next) in zip(chunks, chunks.dropFirst()) {
                try #require(one.end == next.offset, "no answer goes across a gap")
            }
            #expect(last.end - first.offset <= Int64(limit))
            for chunk in chunks {
                for (index, byte) in chunk.bytes.readableBytesView.enumerated() {
                    kept[chunk.offset + Int64(index)] = byte
                }
            }
            offset = last.end
        }
    }

    private static func expected(_ bytes: [UInt8], without gap: Range<Int64>) -> [Int64: UInt8] {
        let numbered = bytes.enumerated().map { (Int64($0.offset), $0.element) }
        return Dictionary(uniqueKeysWithValues: numbered.filter { !gap.contains($0.0) })
    }

    @Sendable static func dropsTheMiddle(_ store: any Store) async throws {
        let bytes = noise(700_001)
        guard let store = try await open(store, bytes) else { return }
        #expect(try await store.drop(100_003..<600_007, of: id(1)) == 100_003..<600_007)
        #expect(try await kept(in: store) == expected(bytes, without: 100_003..<600_007))
        #expect(try await store.storedBytes(of: id(1)) == 700_001)
        for start in [100_003, 100_004, 350_000, 600_006, 600_007] as [Int64] {
            let first = try #require(try await store.chunks(of: id(1), from: start, limit: 1).first)
            #expect(first.offset == 600_007)
            #expect(first.bytes.readableBytesView.first == bytes[600_007])
        }
    }

    @Sendable static func gapGrows(_ store: any Store) async throws {
        let bytes = noise(400_000)
        guard let store = try await open(store, bytes) else { return }
        #expect(try await store.drop(100_000..<150_000, of: id(1)) == 100_000..<150_000)
        #expect(try await store.drop(100_000..<150_000, of: id(1)) == 100_000..<150_000)
        #expect(try await store.drop(110_000..<120_000, of: id(1)) == 100_000..<150_000)
        #expect(try await store.drop(200_000..<210_000, of: id(1)) == 100_000..<210_000)
        #expect(try await store.drop(90_000..<90_001, of: id(1)) == 90_000..<210_000)
        #expect(try await kept(in: store) == expected(bytes, without: 90_000..<210_000))
    }

    @Sendable static func keepsTheLastByte(_ store: any Store) async throws {
        let bytes = noise(1000)
        guard let store = try await open(store, bytes) else { return }
        #expect(try await store.drop(999..<5000, of: id(1)) == nil)
        #expect(try await store.drop(5000..<6000, of: id(1)) == nil)
        #expect(try await store.drop(500..<500, of: id(1)) == nil)
        #expect(try await store.job(id(1))?.outputDropped == 0)
        #expect(try await store.drop(-5 ..< .max, of: id(1)) == 0..<999)
        #expect(try await kept(in: store) == [999: bytes[999]])
        #expect(try await store.storedBytes(of: id(1)) == 1000)
    }

    @Sendable static func appendsBehindGap(_ store: any Store) async throws {
        let bytes = noise(300_000)
        guard let store = try await open(store, Array(bytes[..<200_000])) else { return }
        try await store.drop(1..<199_999, of: id(1))
        await #expect(throws: error(.gap(expected: 200_000))) {
            try await store.append([chunk(at: 200_001, bytes[200_001...])], to: id(1))
        }
        // From within the gap, as a retry does whose answer was lost.
        try await store.append([chunk(at: 150_000, bytes[150_000...])], to: id(1))
        #expect(try await kept(in: store) == expected(bytes, without: 1..<199_999))
    }

    @Sendable static func readsAroundAnyGap(_ store: any Store) async throws {
        let bytes = noise(200_000)
        guard let store = try await open(store, bytes) else { return }
        var generator = SplitMix(seed: 7)
        var gap = Int64(90_000)..<Int64(90_000)
        for _ in 0..<12 {
            let low = Int64.random(in: max(0, gap.lowerBound - 9000)...gap.lowerBound, using: &generator)
            let high = Int64.random(in: gap.upperBound...(gap.upperBound + 9000), using: &generator)
            gap = low..<high
            guard !gap.isEmpty else { continue }
            #expect(try await store.drop(gap, of: id(1)) == gap)
            let limit = Int.random(in: 500...90_000, using: &generator)
            #expect(try await kept(in: store, limit: limit) == expected(bytes, without: gap))
        }
    }

    @Sendable static func tellsDropped(_ store: any Store) async throws {
        guard let store = try await open(store, noise(10_000)) else { return }
        #expect(try await store.job(id(1))?.outputDropped == 0)
        try await store.drop(1000..<4000, of: id(1))
        #expect(try await store.job(id(1))?.outputDropped == 3000)
        try await store.drop(1000..<5000, of: id(1))
        #expect(try await store.jobs(JobQuery()).jobs.map(\.outputDropped) == [4000])
        #expect(try await store.unfinishedJobs(onNode: node).map(\.outputBytes) == [10_000])
        try await store.advance(id(1), to: finished(outputBytes: 10_000))
        let ended = try await store.job(id(1))
        #expect(ended?.outputDropped == 4000)
        #expect(ended?.outputBytes == 10_000)
        let totals = try await store.finishedJobs(oldest: 5)
        #expect(totals.outputBytes == 6000, "only what is held counts")
        #expect(totals.oldest.map(\.outputBytes) == [6000])
    }

    @Sendable static func dropsOfUnknownJob(_ store: any Store) async throws {
        guard let store = store as? any Store & OutputTrimming else { return }
        await #expect(throws: error(.jobNotFound)) { try await store.drop(1..<2, of: id(1)) }
    }

    @Sendable static func removesJobWithGap(_ store: any Store) async throws {
        guard let store = try await open(store, noise(500_000)) else { return }
        try await store.drop(1000..<400_000, of: id(1))
        try await store.advance(id(1), to: finished(outputBytes: 500_000))
        try await store.remove(id(1))
        #expect(try await store.job(id(1)) == nil)
        try await store.insert(job(1, running))
        try await store.append([chunk(at: 0, "new")], to: id(1))
        #expect(try await bytes(of: id(1), in: store) == Array("new".utf8))
        #expect(try await store.job(id(1))?.outputDropped == 0)
    }
}
