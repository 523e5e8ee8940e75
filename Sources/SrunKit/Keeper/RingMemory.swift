import CPTY
import Foundation
import NIOCore

/// The memory of a ``SharedRing`` as one process sees it.
///
/// ```
/// page 0      numbers: written and durable offset, the batch on its way
/// then        index: offset, time and stream of each piece
/// then        bytes: the byte with offset o at o modulo the capacity
/// ```
struct RingMemory: @unchecked Sendable {
    private static let headerSize = 4096
    static let indexCount: UInt64 = 2048
    private static let entrySize = 24
    static let dataStart = headerSize + Int(indexCount) * entrySize
    private static let magic: UInt64 = 0x7372_756e_0001

    static func size(capacity: Int) -> Int { dataStart + capacity }

    /// Words of the header, by their place.
    enum Word: Int {
        case magic, capacity, written, durable, entries
        /// The batch on its way: the offset of its first byte, its length once all of it is in the staging pipe (0 before), its
        /// time and its stream.
        case batchStart, batchLength, batchTime, batchStream
    }

    /// A piece of the output, up to where the next one begins.
    struct Entry {
        let offset: Int64
        let time: Date
        let stream: LogStream
    }

    let capacity: Int
    private let base: UnsafeMutableRawPointer

    /// Maps the memory behind a descriptor, and makes a ring of it when it is new. To be unmapped by ``unmap()``.
    ///
    /// - Throws: ``LaunchError`` when there is no room for it, or when it is the memory of something else.
    init(_ descriptor: Descriptor, capacity: Int) throws(LaunchError) {
        let size = Self.size(capacity: capacity)
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor.number, 0), base != MAP_FAILED
        else { throw LaunchError(doing: "mapping the ring of a job") }
        self.base = base
        self.capacity = capacity
        if self[.magic] == 0 {
            self[.capacity] = UInt64(capacity)
            self[.magic] = Self.magic
        }
        guard self[.magic] == Self.magic, self[.capacity] == UInt64(capacity) else {
            munmap(base, size)
            throw LaunchError(doing: "looking at the ring of a job", errorNumber: EINVAL)
        }
    }

    func unmap() { munmap(base, Self.size(capacity: capacity)) }

    subscript(word: Word) -> UInt64 {
        get { cpty_load(base + word.rawValue * 8) }
        nonmutating set { cpty_store(base + word.rawValue * 8, newValue) }
    }

    /// The offset behind the last byte.
    var written: Int64 { Int64(self[.written]) }
    /// Everything before this offset is in the store.
    var durable: Int64 { Int64(self[.durable]) }

    /// Whether the entry that the next one would take the place of is no longer needed.
    var hasIndexRoom: Bool {
        let entries = self[.entries]
        return entries < Self.indexCount || entry(entries - Self.indexCount + 1).offset <= durable
    }

    func entry(_ number: UInt64) -> Entry {
        let place = entryPlace(number)
        return Entry(
            offset: Int64(cpty_load(place)), time: Date(microseconds: Int64(bitPattern: cpty_load(place + 8))),
            stream: cpty_load(place + 16) == 0 ? .output : .error)
    }

    /// Adds an entry for the batch on its way.
    func addEntry(from start: Int64) {
        let entries = self[.entries]
        let place = entryPlace(entries)
        cpty_store(place, UInt64(start))
        cpty_store(place + 8, self[.batchTime])
        cpty_store(place + 16, self[.batchStream])
        self[.entries] = entries + 1
    }

    func bytes(from offset: Int64, count: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: count)
        let place = Int(offset % Int64(capacity))
        let first = min(count, capacity - place)
        buffer.writeBytes(UnsafeRawBufferPointer(start: base + Self.dataStart + place, count: first))
        if count > first {
            buffer.writeBytes(UnsafeRawBufferPointer(start: base + Self.dataStart, count: count - first))
        }
        return buffer
    }

    private func entryPlace(_ number: UInt64) -> UnsafeMutableRawPointer {
        base + Self.headerSize + Int(number % Self.indexCount) * Self.entrySize
    }
}
