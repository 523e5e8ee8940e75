import CPTY
import Foundation
import NIOCore
import Testing

@testable import SrunKit

@Suite("The ring that outlives a worker", .timeLimit(.minutes(1))) struct SharedRingTests {
    /// What the keeper holds, and a pipe that plays the job.
    private struct Held {
        let memory: Descriptor
        let staging: (reading: Descriptor, writing: Descriptor)
        let job: (reading: Descriptor, writing: Descriptor)

        init() throws {
            memory = Descriptor(cpty_open_memory("test", SharedRing.size(capacity: 256 * 1024)))
            staging = try Descriptor.pipe()
            job = try Descriptor.pipe()
        }

        func ring(isNew: Bool = false) throws -> SharedRing {
            try SharedRing(memory: memory, stagingOut: staging.reading, stagingIn: staging.writing, isNew: isNew)
        }

        /// How many pages of the memory there are, in whatever unit fstat(2) counts.
        var blocks: Int {
            var state = stat()
            return fstat(memory.number, &state) == 0 ? Int(state.st_blocks) : -1
        }

        func print(_ bytes: [UInt8]) {
            #expect(write(job.writing.number, bytes, bytes.count) == bytes.count)
        }
    }

    private func text(_ chunks: [LogChunk]) -> String { chunks.map { String(buffer: $0.bytes) }.joined() }

    @Test func handsOutWhatItTakesAndKeepsIt() throws {
        let held = try Held()
        let ring = try held.ring(isNew: true)
        guard case .nothing = ring.take(from: held.job.reading, stream: .output, time: Date()) else {
            Issue.record("there was nothing to take")
            return
        }
        held.print(Array("hello ".utf8))
        _ = ring.take(from: held.job.reading, stream: .output, time: Date(timeIntervalSince1970: 1))
        held.print(Array("world".utf8))
        _ = ring.take(from: held.job.reading, stream: .error, time: Date(timeIntervalSince1970: 2))
        // The next worker, with the same memory.
        let next = try held.ring()
        #expect(next.written == 11)
        #expect(next.pieces(from: 3).map(\.offset) == [3, 6])
        #expect(next.pieces(from: 3).map(\.stream) == [.output, .error])
        #expect(text(next.pieces(from: 3)) == "lo world")
        held.job.writing.close()
        guard case .end = next.take(from: held.job.reading, stream: .output, time: Date()) else {
            Issue.record("the end was not noticed")
            return
        }
    }

    @Test func hasNoPageWhileNothingIsPrinted() throws {
        let held = try Held()
        let ring = try held.ring(isNew: true)
        guard case .nothing = ring.take(from: held.job.reading, stream: .output, time: Date()) else {
            Issue.record("there was nothing to take")
            return
        }
        ring.markDurable(before: 0)
        #expect(ring.pieces(from: 0).isEmpty)
        #expect((ring.written, ring.durable) == (0, 0))
        #expect(held.blocks == 0)
        held.print([120])
        // The last byte before the end is not taken for nothing.
        held.job.writing.close()
        guard case .bytes(let bytes) = ring.take(from: held.job.reading, stream: .output, time: Date()) else {
            Issue.record("a byte was lost")
            return
        }
        #expect(Array(bytes.readableBytesView) == [120])
        #expect(held.blocks > 0)
        guard case .end = ring.take(from: held.job.reading, stream: .output, time: Date()) else {
            Issue.record("the end was not noticed")
            return
        }
    }

    @Test func neverOverwritesWhatIsNotStored() throws {
        let held = try Held()
        let ring = try held.ring()
        let block = [UInt8](repeating: 120, count: 64 * 1024)
        for _ in 0..<4 {
            held.print(block)
            while case .bytes = ring.take(from: held.job.reading, stream: .output, time: Date()) {}
        }
        held.print([121])
        guard case .full = ring.take(from: held.job.reading, stream: .output, time: Date()) else {
            Issue.record("a full ring took more")
            return
        }
        ring.markDurable(before: 100)
        guard case .bytes = ring.take(from: held.job.reading, stream: .output, time: Date()) else {
            Issue.record("there was room again")
            return
        }
        let total = 256 * 1024 + 1
        let counts = ring.pieces(from: 100).map(\.bytes.readableBytes)
        #expect(counts.reduce(0, +) == total - 100)
        #expect(text(ring.pieces(from: Int64(total - 1))) == "y")
    }

    /// The states in which a kill can leave a batch: all of it staged, a part of it moved, all of it moved but not counted.
    @Test(arguments: [0, 1, 5, 9])
    func finishesWhatAKilledWorkerHadBegun(moved: Int) throws {
        let held = try Held()
        let bytes = Array("numbered".utf8) + [10]
        do {
            let ring = try held.ring()
            held.print(Array("before ".utf8))
            _ = ring.take(from: held.job.reading, stream: .output, time: Date())
        }
        held.print(bytes)
        #expect(cpty_splice(held.job.reading.number, held.staging.writing.number, -1, bytes.count) == bytes.count)
        // As the header stands then: where the batch begins, and its length once all of it is staged.
        let size = SharedRing.size(capacity: 256 * 1024)
        let base = try #require(mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, held.memory.number, 0))
        defer { munmap(base, size) }
        cpty_store(base + 5 * 8, 7)
        cpty_store(base + 6 * 8, moved == 0 ? 0 : UInt64(bytes.count))
        cpty_store(base + 8 * 8, 0)
        if moved > 0 {
            let place = Int64(size - 256 * 1024 + 7)
            #expect(cpty_splice(held.staging.reading.number, held.memory.number, place, moved) == moved)
        }
        let next = try held.ring()
        #expect(next.written == 16)
        #expect(text(next.pieces(from: 0)) == "before numbered\n")
        #expect(cpty_waiting_bytes(held.staging.reading.number) == 0)
        // And a third worker finds nothing more to do.
        #expect(try held.ring().written == 16)
    }
}
