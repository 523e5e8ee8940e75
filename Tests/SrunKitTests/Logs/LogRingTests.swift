import Foundation
import NIOCore
import Testing

@testable import SrunKit

@Suite("Log ring")
struct LogRingTests {
    private func bytes(_ count: Int) -> ByteBuffer { ByteBuffer(repeating: 0x61, count: count) }
    private func time(_ seconds: Double) -> Date { Date(timeIntervalSince1970: seconds) }

    @Test func neverDropsWhatIsNotStored() {
        var ring = LogRing(maximumEntries: 4, maximumBytes: 1 << 20)
        for second in 0..<4 { ring.append(bytes(10), stream: .output, time: time(Double(second))) }
        #expect(ring.isFull)
        #expect(ring.start == 0)
        ring.markDurable(before: 20)
        #expect(!ring.isFull)
        #expect(ring.start == 10)
        #expect(ring.pendingBytes == 20)
    }

    @Test func staysWithinItsBytes() {
        var ring = LogRing(maximumEntries: 1000, maximumBytes: 1000)
        for second in 0..<50 {
            ring.append(bytes(100), stream: .output, time: time(Double(second)))
            ring.markDurable(before: ring.end)
            #expect(ring.byteCount < 1000)
        }
        #expect(ring.end == 5000)
        #expect(ring.start == ring.end - Int64(ring.byteCount))
    }

    @Test func joinsSmallWritesOfOneMomentAndStream() {
        var ring = LogRing()
        ring.append(ByteBuffer(string: "a"), stream: .output, time: time(1))
        ring.append(ByteBuffer(string: "b"), stream: .output, time: time(1.005))
        ring.append(ByteBuffer(string: "c"), stream: .error, time: time(1.006))
        ring.append(ByteBuffer(string: "d"), stream: .error, time: time(1.020))
        #expect(ring.chunks.map { String(buffer: $0.bytes) } == ["ab", "c", "d"])
        #expect(ring.chunks.map(\.offset) == [0, 2, 3])
    }

    @Test func cutsToTheAskedRange() throws {
        var ring = LogRing()
        for second in 0..<10 {
            ring.append(ByteBuffer(string: "\(second)\(second)\(second)"), stream: .output, time: time(Double(second)))
        }
        let chunks = try #require(ring.chunks(from: 4, limit: 6))
        #expect(chunks.map { String(buffer: $0.bytes) } == ["11", "222", "3"])
        #expect(chunks.first?.offset == 4)
        #expect(try #require(ring.chunks(from: 30, limit: 6)).isEmpty)
    }

    @Test func goesOnBehindAGap() {
        var ring = LogRing()
        ring.append(ByteBuffer(string: "abc"), stream: .output, time: time(1))
        ring.skip(to: 3)
        #expect(ring.chunks(from: 0, limit: 10)?.count == 1, "there is no gap")
        ring.skip(to: 100)
        #expect(ring.chunks(from: 0, limit: 10) == nil)
        #expect(ring.chunks(from: 3, limit: 10) == nil, "the store knows how to go on from here")
        #expect(ring.pendingBytes == 0)
        ring.append(ByteBuffer(string: "d"), stream: .output, time: time(1.001))
        #expect(ring.chunks(from: 100, limit: 10)?.map(\.offset) == [100])
        #expect(ring.end == 101)
    }

    @Test func saysWhenAnOffsetIsGone() {
        var ring = LogRing(maximumEntries: 2, maximumBytes: 1 << 20)
        for second in 0..<5 {
            ring.append(bytes(10), stream: .output, time: time(Double(second)))
            ring.markDurable(before: ring.end)
        }
        #expect(ring.chunks(from: 0, limit: 100) == nil)
        #expect(ring.chunks(from: ring.start, limit: 100) != nil)
    }
}
