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
/// Full: what is not durable is never overwritten. ``capacity`` leaves room for more than the pipeline holds before it stops
/// reading, so ``take(from:stream:time:)`` finds room whenever it is called.
///
/// A job that prints nothing has no page of it: a new ring is mapped when there is something to take.
final class SharedRing: OutputJournal {
    /// What a ring may hold.
    static let capacities = 256 * 1024...256 * 1024 * 1024
    static let standardCapacity = 4 << 20
    /// What one call takes at most.
    static let pieceSize = 64 * 1024

    static func size(capacity: Int) -> Int { RingMemory.size(capacity: capacity) }

    let capacity: Int
    private let descriptor: Descriptor
    private let stagingOut: Descriptor
    private let stagingIn: Descriptor
    /// Nil while nothing was taken. Locked: one batch at a time.
    private let memory: Mutex<RingMemory?>

    /// - Parameter isNew: Whether nobody has taken anything into it. Otherwise what an earlier worker was doing when it ended is
    ///   finished now.
    init(
        memory descriptor: Descriptor, stagingOut: Descriptor, stagingIn: Descriptor, isNew: Bool
    ) throws(LaunchError) {
        capacity = Int(lseek(descriptor.number, 0, SEEK_END)) - RingMemory.dataStart
        guard Self.capacities.contains(capacity) else {
            throw LaunchError(doing: "looking at the ring of a job", errorNumber: EINVAL)
        }
        self.descriptor = descriptor
        self.stagingOut = stagingOut
        self.stagingIn = stagingIn
        let mapped = isNew ? nil : try RingMemory(descriptor, capacity: capacity)
        memory = Mutex(mapped)
        if let mapped { finishBatch(mapped) }
    }

    deinit { memory.withLock { $0?.unmap() } }

    /// The offset behind the last byte.
    var written: Int64 { memory.withLock { $0?.written ?? 0 } }
    /// Everything before this offset is in the store.
    var durable: Int64 { memory.withLock { $0?.durable ?? 0 } }

    var pipelineBytes: Int { min(4 << 20, capacity - 3 * Self.pieceSize) }

    func markDurable(before offset: Int64) {
        memory.withLock { memory in
            guard let memory, offset > memory.durable else { return }
            memory[.durable] = UInt64(min(offset, memory.written))
        }
    }

    enum Taken {
        case bytes(ByteBuffer)
        case nothing
        /// Nothing until something has been stored, or the machine has memory again.
        case full
        case end
    }

    /// Moves what there is from a descriptor into the ring, without waiting.
    func take(from source: Descriptor, stream: LogStream, time: Date) -> Taken {
        memory.withLock { memory in
            if memory == nil {
                // In this order: what is not held open any more gets no further bytes.
                if source.isHeldOpen, cpty_waiting_bytes(source.number) == 0 { return .nothing }
                memory = try? RingMemory(descriptor, capacity: capacity)
            }
            return memory.map { take(from: source, into: $0, stream: stream, time: time) } ?? .full
        }
    }

    private func take(from source: Descriptor, into memory: RingMemory, stream: LogStream, time: Date) -> Taken {
        let start = memory.written
        let room = min(Self.pieceSize, capacity - Int(start - memory.durable))
        guard room > 0, memory.hasIndexRoom else { return .full }
        memory[.batchLength] = 0
        memory[.batchStart] = UInt64(start)
        memory[.batchTime] = UInt64(bitPattern: time.microseconds)
        memory[.batchStream] = stream == .output ? 0 : 1
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
        memory[.batchLength] = UInt64(count)
        moveStaged(count, to: start)
        publish(count, from: start, in: memory)
        return .bytes(memory.bytes(from: start, count: count))
    }

    /// What is here from an offset on, and was not overwritten.
    func pieces(from offset: Int64) -> [LogChunk] {
        memory.withLock { memory in
            guard let memory else { return [] }
            let end = memory.written
            var pieces: [LogChunk] = []
            let count = memory[.entries]
            let first = count > RingMemory.indexCount ? count - RingMemory.indexCount : 0
            for number in first..<count {
                let entry = memory.entry(number)
                let next = number + 1 < count ? memory.entry(number + 1).offset : end
                let start = max(entry.offset, offset)
                guard start < next, end - start <= capacity else { continue }
                pieces.append(
                    LogChunk(
                        offset: start, time: entry.time, stream: entry.stream,
                        bytes: memory.bytes(from: start, count: Int(next - start))))
            }
            return pieces
        }
    }

    // MARK: Batches

    /// Brings to its end what a worker was doing when it was killed: between the first byte in the staging pipe and the new
    /// ``written`` offset.
    private func finishBatch(_ memory: RingMemory) {
        let waiting = Int(max(0, cpty_waiting_bytes(stagingOut.number)))
        let start = Int64(memory[.batchStart])
        guard start == memory.written else { return }
        // Without a length nothing has left the staging pipe yet.
        let length = memory[.batchLength] == 0 ? waiting : Int(memory[.batchLength])
        guard length > 0, waiting <= length else { return }
        memory[.batchLength] = UInt64(length)
        moveStaged(waiting, to: start + Int64(length - waiting))
        publish(length, from: start, in: memory)
    }

    private func moveStaged(_ count: Int, to offset: Int64) {
        var moved = 0
        while moved < count {
            let place = Int((offset + Int64(moved)) % Int64(capacity))
            let step = cpty_splice(
                stagingOut.number, descriptor.number, Int64(RingMemory.dataStart + place),
                min(count - moved, capacity - place))
            guard step > 0 else {
                // Only a machine without memory refuses: the job waits until there is some.
                usleep(10_000)
                continue
            }
            moved += step
        }
    }

    private func publish(_ count: Int, from start: Int64, in memory: RingMemory) {
        let entries = memory[.entries]
        let stream: LogStream = memory[.batchStream] == 0 ? .output : .error
        let time = Date(microseconds: Int64(bitPattern: memory[.batchTime]))
        if entries == 0 || !joins(memory.entry(entries - 1), start, count, stream, time) {
            memory.addEntry(from: start)
        }
        memory[.written] = UInt64(start) + UInt64(count)
    }

    private func joins(_ last: RingMemory.Entry, _ start: Int64, _ count: Int, _ stream: LogStream, _ time: Date)
        -> Bool
    {
        // Also when the worker was killed between the entry and the offset.
        if last.offset == start { return true }
        return last.stream == stream && Int(start - last.offset) + count <= LogRing.joinedBytes
            && (0..<LogRing.joinInterval).contains(time.timeIntervalSince(last.time))
    }
}
