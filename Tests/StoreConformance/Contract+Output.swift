import Foundation
import NIOCore
import SrunKit
import Testing

extension StoreContract {
    public static let output =
        [
            StoreRequirement("a new job has no output", newJobHasNone),
            StoreRequirement("output is read back as it was appended", readsBack),
            StoreRequirement("output of many appends is one sequence", appendsFollow),
            StoreRequirement("output may be appended and read in any state", anyStateHasOutput),
            StoreRequirement("outputs of different jobs do not mix", jobsStayApart),
            StoreRequirement("an empty append is no error", emptyAppend),
            StoreRequirement("repeating a stored chunk changes nothing", repeatedChunkIsIgnored),
            StoreRequirement("what is stored stays when other bytes are sent for its place", storedBytesStay),
            StoreRequirement("an append that begins before the end adds what is new", partialOverlap),
            StoreRequirement("a batch that was stored up to its middle is completed", overlapWithinBatch),
            StoreRequirement("a gap after the end is refused and named", refusesGap),
            StoreRequirement("a gap within a batch is refused, and nothing of the batch stored", refusesGapInBatch),
            StoreRequirement("chunks out of order are refused", refusesDisorder),
            StoreRequirement("output goes on after a refusal", continuesAfterRefusal),
            StoreRequirement("output of an unknown job is refused", unknownJobHasNoOutput),
            StoreRequirement("output is read back from any byte offset", readsFromAnyOffset),
            StoreRequirement("at and beyond the end there is nothing to read", nothingBeyondEnd),
            StoreRequirement("never more is read than asked for, and never nothing", cutsAtLimit),
            StoreRequirement("every byte value is kept", keepsEveryByte),
            StoreRequirement("invalid UTF-8 and cut characters are kept", keepsInvalidText),
            StoreRequirement("a part of a larger buffer is stored as that part", storesSlices),
            StoreRequirement("every byte keeps its stream", keepsStreams),
            StoreRequirement("the time of a chunk is kept to the microsecond", keepsChunkTime),
            StoreRequirement("every byte keeps its time to 10 ms", keepsTimes),
            StoreRequirement("a clock that steps back is no trouble", keepsTimesOfSteppingClock),
            StoreRequirement("a chunk of one byte is kept", keepsSingleBytes),
            StoreRequirement("a chunk of 1 MiB is kept", keepsLargestChunk),
            StoreRequirement("a batch of 4 MiB is kept", keepsLargestBatch),
            StoreRequirement("a batch of many small chunks is kept", keepsSmallChunks),
            StoreRequirement("large output is read in small steps", readsLargeOutputInSteps),
            StoreRequirement("an offset beyond 32 bits of a short output is beyond its end", largeOffsets),
        ]
        + [1, 2, 3, 5, 8, 13, 21, 34].map { seed in
            StoreRequirement("any mixture of appends and reads agrees with the model (seed \(seed))") {
                try await agreesWithModel($0, seed: seed)
            }
        }

    @Sendable static func newJobHasNone(_ store: any Store) async throws {
        try await store.insert(job(1))
        #expect(try await store.storedBytes(of: id(1)) == 0)
        #expect(try await store.chunks(of: id(1), from: 0, limit: 100).isEmpty)
    }

    @Sendable static func readsBack(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let written = chunk(at: 0, "hello\r\n", after: 1)
        try await store.append([written], to: id(1))
        #expect(try await store.chunks(of: id(1), from: 0, limit: 100) == [written])
        #expect(try await store.storedBytes(of: id(1)) == 7)
    }

    @Sendable static func appendsFollow(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(5000)
        var offset = 0
        for size in [1, 2, 3, 500, 1, 1493, 2000, 1000] {
            let part = bytes[offset..<(offset + size)]
            try await store.append([chunk(at: Int64(offset), part, after: Double(offset))], to: id(1))
            offset += size
            #expect(try await store.storedBytes(of: id(1)) == Int64(offset))
        }
        #expect(try await Self.bytes(of: id(1), in: store) == bytes)
    }

    @Sendable static func anyStateHasOutput(_ store: any Store) async throws {
        try await store.insert(job(1))
        try await store.append([chunk(at: 0, "queued ")], to: id(1))
        try await store.advance(id(1), to: running)
        try await store.append([chunk(at: 7, "running")], to: id(1))
        try await store.advance(id(1), to: finished(outputBytes: 14))
        #expect(try await bytes(of: id(1), in: store) == Array("queued running".utf8))
        // A reply was lost just before the end.
        try await store.append([chunk(at: 7, "running")], to: id(1))
        #expect(try await store.storedBytes(of: id(1)) == 14)
    }

    @Sendable static func jobsStayApart(_ store: any Store) async throws {
        for number in 1...3 { try await store.insert(job(number, running)) }
        for round in 0..<10 {
            for number in 1...3 {
                try await store.append([chunk(at: Int64(round * 2), "\(number)\(round)")], to: id(number))
            }
        }
        for number in 1...3 {
            let expected = (0..<10).flatMap { Array("\(number)\($0)".utf8) }
            #expect(try await bytes(of: id(number), in: store) == expected)
        }
    }

    @Sendable static func emptyAppend(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        try await store.append([], to: id(1))
        try await store.append([chunk(at: 0, "")], to: id(1))
        try await store.append([chunk(at: 0, ""), chunk(at: 0, "ab"), chunk(at: 2, ""), chunk(at: 2, "cd")], to: id(1))
        try await store.append([], to: id(1))
        #expect(try await bytes(of: id(1), in: store) == Array("abcd".utf8))
    }

    @Sendable static func repeatedChunkIsIgnored(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let chunks = [chunk(at: 0, "one", after: 0), chunk(at: 3, "two", after: 1), chunk(at: 6, "three", after: 2)]
        try await store.append(chunks, to: id(1))
        let before = try await output(of: id(1), in: store)
        try await store.append(chunks, to: id(1))
        for chunk in chunks { try await store.append([chunk], to: id(1)) }
        try await store.append(Array(chunks.dropFirst()), to: id(1))
        #expect(try await output(of: id(1), in: store) == before)
    }

    @Sendable static func storedBytesStay(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        try await store.append([chunk(at: 0, "original")], to: id(1))
        try await store.append([chunk(at: 0, "REPLACED and more", after: 5, .error)], to: id(1))
        #expect(try await bytes(of: id(1), in: store) == Array("original and more".utf8))
        #expect(try await store.chunks(of: id(1), from: 0, limit: 8).allSatisfy { $0.stream == .output })
    }

    @Sendable static func partialOverlap(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(300)
        try await store.append([chunk(at: 0, bytes[..<100])], to: id(1))
        for (start, end) in [(99, 101), (0, 150), (150, 151), (40, 200), (200, 300), (0, 300)] {
            try await store.append([chunk(at: Int64(start), bytes[start..<end])], to: id(1))
        }
        #expect(try await Self.bytes(of: id(1), in: store) == bytes)
    }

    @Sendable static func overlapWithinBatch(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(100)
        let batch = stride(from: 0, to: 100, by: 10).map { start in
            chunk(at: Int64(start), bytes[start..<(start + 10)], after: Double(start))
        }
        try await store.append(Array(batch.prefix(4)), to: id(1))
        try await store.append([chunk(at: 40, bytes[40..<45], after: 40)], to: id(1))
        try await store.append(batch, to: id(1))
        #expect(try await Self.bytes(of: id(1), in: store) == bytes)
    }

    @Sendable static func refusesGap(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        await #expect(throws: error(.gap(expected: 0))) { try await store.append([chunk(at: 1, "x")], to: id(1)) }
        try await store.append([chunk(at: 0, "abc")], to: id(1))
        await #expect(throws: error(.gap(expected: 3))) { try await store.append([chunk(at: 4, "x")], to: id(1)) }
        await #expect(throws: error(.gap(expected: 3))) {
            try await store.append([chunk(at: 1 << 40, "x")], to: id(1))
        }
        #expect(try await bytes(of: id(1), in: store) == Array("abc".utf8))
    }

    @Sendable static func refusesGapInBatch(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        await #expect(throws: error(.gap(expected: 3))) {
            try await store.append([chunk(at: 0, "abc"), chunk(at: 4, "x")], to: id(1))
        }
        #expect(try await store.storedBytes(of: id(1)) == 0)
        try await store.append([chunk(at: 0, "abc")], to: id(1))
        await #expect(throws: error(.gap(expected: 6))) {
            try await store.append([chunk(at: 0, "abc"), chunk(at: 3, "def"), chunk(at: 7, "x")], to: id(1))
        }
        #expect(try await store.storedBytes(of: id(1)) == 3)
    }

    @Sendable static func refusesDisorder(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        await #expect(throws: StoreError.self) {
            try await store.append([chunk(at: 3, "def"), chunk(at: 0, "abc")], to: id(1))
        }
        await #expect(throws: StoreError.self) {
            try await store.append([chunk(at: 0, "abc"), chunk(at: 2, "cdef")], to: id(1))
        }
        #expect(try await store.storedBytes(of: id(1)) == 0)
    }

    @Sendable static func continuesAfterRefusal(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        try await store.append([chunk(at: 0, "ab")], to: id(1))
        await #expect(throws: error(.gap(expected: 2))) { try await store.append([chunk(at: 3, "d")], to: id(1)) }
        try await store.append([chunk(at: 2, "c"), chunk(at: 3, "d")], to: id(1))
        #expect(try await bytes(of: id(1), in: store) == Array("abcd".utf8))
    }

    @Sendable static func unknownJobHasNoOutput(_ store: any Store) async throws {
        await #expect(throws: error(.jobNotFound)) { try await store.append([chunk(at: 0, "x")], to: id(1)) }
        await #expect(throws: error(.jobNotFound)) { try await store.chunks(of: id(1), from: 0, limit: 1) }
        await #expect(throws: error(.jobNotFound)) { try await store.storedBytes(of: id(1)) }
    }

    @Sendable static func readsFromAnyOffset(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(400)
        for start in stride(from: 0, to: 400, by: 40) {
            let middle = start + 17
            try await store.append(
                [
                    chunk(at: Int64(start), bytes[start..<middle], after: Double(start)),
                    chunk(at: Int64(middle), bytes[middle..<(start + 40)], after: Double(middle), .error),
                ],
                to: id(1))
        }
        for offset in 0..<400 {
            let chunks = try await output(of: id(1), in: store, from: Int64(offset), limit: 150)
            #expect(chunks.flatMap { [UInt8]($0.bytes.readableBytesView) } == Array(bytes[offset...]), "\(offset)")
        }
    }

    @Sendable static func nothingBeyondEnd(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        try await store.append([chunk(at: 0, "12345")], to: id(1))
        #expect(try await store.chunks(of: id(1), from: 4, limit: 10).map(\.offset) == [4])
        for offset in [Int64(5), 6, 1 << 33, .max] {
            #expect(try await store.chunks(of: id(1), from: offset, limit: 10).isEmpty)
        }
    }

    @Sendable static func cutsAtLimit(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(1000)
        for start in stride(from: 0, to: 1000, by: 100) {
            try await store.append(
                [chunk(at: Int64(start), bytes[start..<(start + 100)], after: Double(start))], to: id(1))
        }
        for limit in [1, 2, 99, 100, 101, 999, 1000, 1001, 1 << 30, .max] {
            let chunks = try await store.chunks(of: id(1), from: 50, limit: limit)
            let count = chunks.reduce(0) { $0 + $1.bytes.readableBytes }
            #expect(count >= 1 && count <= min(limit, 950), "\(limit)")
            #expect(chunks.first?.offset == 50)
            #expect(chunks.flatMap { [UInt8]($0.bytes.readableBytesView) } == Array(bytes[50..<(50 + count)]))
        }
        #expect(try await Self.bytes(of: id(1), in: store, limit: 7) == bytes)
    }

    @Sendable static func keepsEveryByte(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let all = (0...255).map { UInt8($0) }
        try await store.append([chunk(at: 0, all), chunk(at: 256, all.reversed(), after: 1)], to: id(1))
        try await store.append([chunk(at: 512, [0, 0, 0], after: 2)], to: id(1))
        #expect(try await bytes(of: id(1), in: store) == all + all.reversed() + [0, 0, 0])
    }

    @Sendable static func keepsInvalidText(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let parts: [[UInt8]] = [
            [0xf0, 0x9f], [0x9a, 0x80], [0xc3], [0x28, 0xff, 0xfe], [0xed, 0xa0, 0x80], [0xc0, 0x80], [0x0d], [0x0a],
        ]
        var offset: Int64 = 0
        for part in parts {
            try await store.append([chunk(at: offset, part, after: Double(offset))], to: id(1))
            offset += Int64(part.count)
        }
        #expect(try await bytes(of: id(1), in: store) == parts.flatMap { $0 })
    }

    @Sendable static func storesSlices(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        var buffer = ByteBuffer(string: "skipped|kept|left over")
        buffer.moveReaderIndex(forwardBy: 8)
        let part = buffer.readSlice(length: 4) ?? ByteBuffer()
        try await store.append([LogChunk(offset: 0, time: noon, stream: .output, bytes: part)], to: id(1))
        #expect(try await bytes(of: id(1), in: store) == Array("kept".utf8))
    }

    @Sendable static func keepsStreams(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        // At one and the same moment: nothing but the stream keeps these apart.
        let texts: [(String, LogStream)] = [
            ("out", .output), ("err", .error), ("o", .output), ("e", .error), ("ut", .output), ("put", .output),
            ("rr", .error),
        ]
        var offset: Int64 = 0
        var expected: [LogStream] = []
        var batch: [LogChunk] = []
        for (text, stream) in texts {
            batch.append(chunk(at: offset, text, stream))
            offset += Int64(text.utf8.count)
            expected += Array(repeating: stream, count: text.utf8.count)
        }
        try await store.append(batch, to: id(1))
        let chunks = try await output(of: id(1), in: store)
        #expect(chunks.flatMap { Array(repeating: $0.stream, count: $0.bytes.readableBytes) } == expected)
    }

    @Sendable static func keepsChunkTime(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        for (index, microsecond) in [Int64(1), 999_999, 123_456].enumerated() {
            let time = Date(microseconds: 1_750_000_000_000_000 + Int64(index) * 5_000_000 + microsecond)
            try await store.append(
                [LogChunk(offset: Int64(index), time: time, stream: .output, bytes: ByteBuffer(string: "x"))], to: id(1)
            )
            let read = try await store.chunks(of: id(1), from: Int64(index), limit: 1)
            #expect(read.map(\.time.microseconds) == [time.microseconds])
        }
    }

    /// Appends a chunk for each number of seconds, all in one call, and checks what became of their times.
    private static func checkTimes(_ seconds: [Double], _ store: any Store) async throws {
        try await store.insert(job(1, running))
        let written = seconds.enumerated().map { chunk(at: Int64($0 * 3), "abc", after: $1) }
        try await store.append(written, to: id(1))
        for chunk in try await output(of: id(1), in: store) {
            let first = try #require(written.first { $0.offset == chunk.offset })
            #expect(chunk.time == first.time)
            for other in written where other.offset >= chunk.offset && other.offset < chunk.end {
                #expect(abs(other.time.timeIntervalSince(chunk.time)) <= 0.010_001)
            }
        }
    }

    @Sendable static func keepsTimes(_ store: any Store) async throws {
        try await checkTimes(
            [0, 0.001, 0.009, 0.011, 0.018, 0.025, 0.05, 1, 1.009, 1.018, 1.027, 100, 100, 100, 3600], store)
    }

    @Sendable static func keepsTimesOfSteppingClock(_ store: any Store) async throws {
        try await checkTimes([10, 10.005, 9, 9.001, 50, 0, 0.002, -3, -2.999], store)
    }

    @Sendable static func keepsSingleBytes(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = Array("echo me\r\n".utf8)
        for (offset, byte) in bytes.enumerated() {
            try await store.append([chunk(at: Int64(offset), [byte], after: Double(offset) / 1000)], to: id(1))
        }
        #expect(try await Self.bytes(of: id(1), in: store) == bytes)
        #expect(try await Self.bytes(of: id(1), in: store, limit: 1) == bytes)
    }

    @Sendable static func keepsLargestChunk(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(1 << 20)
        try await store.append([chunk(at: 0, bytes)], to: id(1))
        #expect(try await store.storedBytes(of: id(1)) == 1 << 20)
        #expect(try await Self.bytes(of: id(1), in: store, limit: 100_000) == bytes)
        let middle = try await store.chunks(of: id(1), from: 654_321, limit: 10)
        #expect(middle.flatMap { [UInt8]($0.bytes.readableBytesView) } == Array(bytes[654_321..<654_331]))
    }

    @Sendable static func keepsLargestBatch(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(1 << 20)
        let batch = (0..<4).map { chunk(at: Int64($0) << 20, bytes, after: Double($0)) }
        try await store.append(batch, to: id(1))
        #expect(try await store.storedBytes(of: id(1)) == 4 << 20)
        #expect(try await Self.bytes(of: id(1), in: store) == bytes + bytes + bytes + bytes)
    }

    @Sendable static func keepsSmallChunks(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(100_000)
        let batch = stride(from: 0, to: 100_000, by: 50).map { start in
            chunk(at: Int64(start), bytes[start..<(start + 50)], after: Double(start) / 1_000_000)
        }
        try await store.append(batch, to: id(1))
        #expect(try await Self.bytes(of: id(1), in: store) == bytes)
    }

    @Sendable static func readsLargeOutputInSteps(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        let bytes = noise(300_000)
        for start in stride(from: 0, to: 300_000, by: 60_000) {
            try await store.append(
                [chunk(at: Int64(start), bytes[start..<(start + 60_000)], after: Double(start))], to: id(1))
        }
        for limit in [997, 4096, 65_536] { #expect(try await Self.bytes(of: id(1), in: store, limit: limit) == bytes) }
    }

    @Sendable static func largeOffsets(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        try await store.append([chunk(at: 0, "ab")], to: id(1))
        let offsets: [Int64] = [1 << 31, 1 << 32, 1 << 53, .max - 1]
        for offset in offsets {
            #expect(try await store.chunks(of: id(1), from: offset, limit: .max).isEmpty)
        }
    }
}
