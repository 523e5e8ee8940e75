import CPTY
import Foundation
import NIOCore
import Synchronization

/// Output of one job that may not be stored yet, in memory that outlives the worker.
///
/// The memory belongs to the keeper, which hands it to every worker. A worker moves output from the terminal or pipe into it with
/// splice(2), through a staging pipe that the keeper holds too. So at no moment are bytes only in the worker: they are in the
/// terminal, in the staging pipe, or here, and a worker killed at any instruction leaves the next one to find where.
///
/// ```
/// page 0      numbers: written and durable offset, the batch on its way
/// then        index: offset, time and stream of each piece
/// then        bytes: the byte with offset o at o modulo the capacity
/// ```
///
/// Full: what is not durable is never overwritten. ``capacity`` leaves room for more than the pipeline holds before it stops
/// reading, so ``take(from:stream:time:)`` finds room whenever it is called.
final class SharedRing: OutputJournal, @unchecked Sendable {
    /// What a ring may hold.
    static let capacities = 256 * 1024...256 * 1024 * 1024
    static let standardCapacity = 4 << 20
    /// What one call takes at most.
    static let pieceSize = 64 * 1024

    private static let headerSize = 4096
    private static let indexCount = 2048
    private static let entrySize = 24
    private static let dataStart = headerSize + indexCount * entrySize
    private static let magic: UInt64 = 0x7372_756e_0001

    /// Words of the header, by their place.
    private enum Word: Int {
        case magic, capacity, written, durable, entries
        /// The batch on its way: the offset of its first byte, its length once all of it is in the staging pipe (0 before), its
        /// time and its stream.
        case batchStart, batchLength, batchTime, batchStream
    }

    static func size(capacity: Int) -> Int { dataStart + capacity }

    let capacity: Int
    private let memory: Descriptor
    private let stagingOut: Descriptor
    private let stagingIn: Descriptor
    private let base: UnsafeMutableRawPointer
    /// One batch at a time.
    private let lock = Mutex(())

    /// Maps a ring, a new one or one with content, and finishes what an earlier worker was doing when it ended.
    init(memory: Descriptor, stagingOut: Descriptor, stagingIn: Descriptor) throws(LaunchError) {
        let size = Int(lseek(memory.number, 0, SEEK_END))
        guard Self.capacities.contains(size - Self.dataStart) else {
            throw LaunchError(doing: "looking at the ring of a job", errorNumber: EINVAL)
        }
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.number, 0), base != MAP_FAILED
        else { throw LaunchError(doing: "mapping the ring of a job") }
        self.memory = memory
        self.stagingOut = stagingOut
        self.stagingIn = stagingIn
        self.base = base
        capacity = size - Self.dataStart
        if self[.magic] == 0 {
            self[.capacity] = UInt64(capacity)
            self[.magic] = Self.magic
        }
        guard self[.magic] == Self.magic, self[.capacity] == UInt64(capacity) else {
            munmap(base, size)
            throw LaunchError(doing: "looking at the ring of a job", errorNumber: EINVAL)
        }
        finishBatch()
    }

    deinit { munmap(base, Self.size(capacity: capacity)) }

    /// The offset behind the last byte.
    var written: Int64 { Int64(self[.written]) }
    /// Everything before this offset is in the store.
    var durable: Int64 { Int64(self[.durable]) }

    var pipelineBytes: Int { min(4 << 20, capacity - 3 * Self.pieceSize) }

    func markDurable(before offset: Int64) {
        lock.withLock { _ in
            if offset > durable { self[.durable] = UInt64(min(offset, written)) }
        }
    }

    enum Taken {
        case bytes(ByteBuffer)
        case nothing
        /// Nothing until something has been stored.
        case full
        case end
    }

    /// Moves what there is from a descriptor into the ring, without waiting.
    func take(from source: Descriptor, stream: LogStream, time: Date) -> Taken {
        lock.withLock { _ in
            let start = written
            let room = min(Self.pieceSize, capacity - Int(start - durable))
            guard room > 0, hasIndexRoom else { return .full }
            self[.batchLength] = 0
            self[.batchStart] = UInt64(start)
            self[.batchTime] = UInt64(bitPattern: time.microseconds)
            self[.batchStream] = stream == .output ? 0 : 1
            var count = 0
            var isEnd = false
            // A terminal gives 4 KiB at a time; several reads make one piece while output pours.
            while count < room {
                let moved = cpty_splice(source.number, stagingIn.number, -1, room - count)
                if moved > 0 {
                    count += moved
                    continue
                }
                // EIO is how a terminal ends. Whatever else is wrong does not get better by trying again.
                if moved == 0 || errno != EAGAIN { isEnd = true }
                break
            }
            guard count > 0 else { return isEnd ? .end : .nothing }
            self[.batchLength] = UInt64(count)
            moveStaged(count, to: start)
            publish(count, from: start)
            return .bytes(bytes(from: start, count: count))
        }
    }

    /// What is here from an offset on, and was not overwritten.
    func pieces(from offset: Int64) -> [LogChunk] {
        lock.withLock { _ in
            let end = written
            var pieces: [LogChunk] = []
            let count = self[.entries]
            let first = count > UInt64(Self.indexCount) ? count - UInt64(Self.indexCount) : 0
            for number in first..<count {
                let entry = entry(number)
                let next = number + 1 < count ? self.entry(number + 1).offset : end
                let start = max(entry.offset, offset)
                guard start < next, end - start <= capacity else { continue }
                pieces.append(
                    LogChunk(
                        offset: start, time: entry.time, stream: entry.stream,
                        bytes: bytes(from: start, count: Int(next - start))))
            }
            return pieces
        }
    }

    // MARK: Batches

    /// Brings to its end what a worker was doing when it was killed: between the first byte in the staging pipe and the new
    /// ``written`` offset.
    private func finishBatch() {
        let waiting = Int(max(0, cpty_waiting_bytes(stagingOut.number)))
        let start = Int64(self[.batchStart])
        guard start == written else { return }
        // Without a length nothing has left the staging pipe yet.
        let length = self[.batchLength] == 0 ? waiting : Int(self[.batchLength])
        guard length > 0, waiting <= length else { return }
        self[.batchLength] = UInt64(length)
        moveStaged(waiting, to: start + Int64(length - waiting))
        publish(length, from: start)
    }

    private func moveStaged(_ count: Int, to offset: Int64) {
        var moved = 0
        while moved < count {
            let place = Int((offset + Int64(moved)) % Int64(capacity))
            let step = cpty_splice(
                stagingOut.number, memory.number, Int64(Self.dataStart + place), min(count - moved, capacity - place))
            guard step > 0 else {
                // Only a machine without memory refuses: the job waits until there is some.
                usleep(10_000)
                continue
            }
            moved += step
        }
    }

    private func publish(_ count: Int, from start: Int64) {
        let entries = self[.entries]
        let stream: LogStream = self[.batchStream] == 0 ? .output : .error
        let time = Date(microseconds: Int64(bitPattern: self[.batchTime]))
        if entries == 0 || !joins(entry(entries - 1), start, count, stream, time) {
            let place = entryPlace(entries)
            cpty_store(place, UInt64(start))
            cpty_store(place + 8, self[.batchTime])
            cpty_store(place + 16, self[.batchStream])
            self[.entries] = entries + 1
        }
        self[.written] = UInt64(start) + UInt64(count)
    }

    private func joins(_ last: Entry, _ start: Int64, _ count: Int, _ stream: LogStream, _ time: Date) -> Bool {
        // Also when the worker was killed between the entry and the offset.
        if last.offset == start { return true }
        return last.stream == stream && Int(start - last.offset) + count <= LogRing.joinedBytes
            && (0..<LogRing.joinInterval).contains(time.timeIntervalSince(last.time))
    }

    /// Whether the entry that the next one would take the place of is no longer needed.
    private var hasIndexRoom: Bool {
        let entries = self[.entries]
        guard entries >= UInt64(Self.indexCount) else { return true }
        return entry(entries - UInt64(Self.indexCount) + 1).offset <= durable
    }

    // MARK: Memory

    private struct Entry {
        let offset: Int64
        let time: Date
        let stream: LogStream
    }

    private func entryPlace(_ number: UInt64) -> UnsafeMutableRawPointer {
        base + Self.headerSize + Int(number % UInt64(Self.indexCount)) * Self.entrySize
    }

    private func entry(_ number: UInt64) -> Entry {
        let place = entryPlace(number)
        return Entry(
            offset: Int64(cpty_load(place)), time: Date(microseconds: Int64(bitPattern: cpty_load(place + 8))),
            stream: cpty_load(place + 16) == 0 ? .output : .error)
    }

    private func bytes(from offset: Int64, count: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        let place = Int(offset % Int64(capacity))
        let first = min(count, capacity - place)
        buffer.writeBytes(UnsafeRawBufferPointer(start: base + Self.dataStart + place, count: first))
        if count > first {
            buffer.writeBytes(UnsafeRawBufferPointer(start: base + Self.dataStart, count: count - first))
        }
        return buffer
    }

    private subscript(word: Word) -> UInt64 {
        get { cpty_load(base + word.rawValue * 8) }
        set { cpty_store(base + word.rawValue * 8, newValue) }
    }
}
