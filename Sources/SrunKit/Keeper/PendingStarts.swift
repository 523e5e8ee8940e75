import CPTY
import Foundation
import Synchronization

/// The jobs that a worker has claimed and not yet handed to the keeper, in memory that the keeper holds for the next one.
///
/// A job is put in before it is claimed in the store, and taken out before the keeper is asked to start it. So what the next worker
/// finds here has never run, whatever the store says of it, and what it does not find may have: a worker that is killed between
/// taking out and asking leaves a job that has not run and is not known not to have.
///
/// One worker writes at a time. The state of a slot is written last and cleared first, so that a worker killed at any instruction
/// leaves whole slots.
final class PendingStarts: Sendable {
    /// The name under which the keeper holds the memory.
    static let name = "starts"
    /// Full: a job that finds no slot is claimed and started like any other, and is `lost` if the worker dies in between.
    static let slotCount = 1024
    /// How many workers may die over one start before it counts as their reason.
    static let attempts = 3

    private static let magic: UInt64 = 0x7372_756e_0101
    private static let headerSize = 8
    private static let slotSize = 16 + longestText
    private static let longestText = 64
    private static let size = headerSize + slotCount * slotSize

    private struct State {
        var slots: [JobID: Int] = [:]
        /// The lowest last, so that few pages are touched.
        var free: [Int] = []
        /// What an earlier worker has left.
        var found: Set<JobID> = []
    }

    /// Written to under the lock.
    private nonisolated(unsafe) let base: UnsafeMutableRawPointer
    private let state: Mutex<State>

    /// Maps the memory of an earlier worker.
    ///
    /// - Returns: Nil when the memory is not such a thing.
    convenience init?(adopting memory: Descriptor) {
        guard lseek(memory.number, 0, SEEK_END) == off_t(Self.size), let base = Self.map(memory),
            cpty_load(base) == Self.magic
        else { return nil }
        self.init(base)
    }

    /// - Returns: Together with the memory, which is to be kept.
    static func make() throws(LaunchError) -> (PendingStarts, Descriptor) {
        let number = cpty_open_memory("srun-starts", size)
        guard number >= 0 else { throw LaunchError(doing: "making memory for starts") }
        let memory = Descriptor(number)
        guard let base = map(memory) else { throw LaunchError(doing: "mapping memory for starts") }
        cpty_store(base, magic)
        return (PendingStarts(base), memory)
    }

    private static func map(_ memory: Descriptor) -> UnsafeMutableRawPointer? {
        let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory.number, 0)
        return base == MAP_FAILED ? nil : base
    }

    private init(_ base: UnsafeMutableRawPointer) {
        self.base = base
        var state = State()
        for slot in (0..<Self.slotCount).reversed() {
            let place = base + Self.headerSize + slot * Self.slotSize
            let attempt = cpty_load(place)
            if attempt > 0, attempt <= Self.attempts, let job = Self.job(at: place) {
                cpty_store(place, attempt + 1)
                state.slots[job] = slot
                state.found.insert(job)
            } else {
                if attempt > 0 { cpty_store(place, 0) }
                state.free.append(slot)
            }
        }
        self.state = Mutex(state)
    }

    deinit { munmap(base, Self.size) }

    /// The jobs that an earlier worker had claimed and that have never run.
    var found: Set<JobID> { state.withLock { $0.found } }

    /// A job that is in already stays as it is.
    func insert(_ job: JobID) {
        state.withLock { state in
            guard state.slots[job] == nil, let slot = state.free.popLast() else { return }
            let place = place(slot)
            let text = Array(job.text.utf8)
            text.withUnsafeBytes {
                (place + 16).copyMemory(from: $0.baseAddress.unsafelyUnwrapped, byteCount: $0.count)
            }
            cpty_store(place + 8, UInt64(text.count))
            cpty_store(place, 1)
            state.slots[job] = slot
        }
    }

    /// From here on the job may run. One that is not in changes nothing.
    func remove(_ job: JobID) {
        state.withLock { state in
            guard let slot = state.slots.removeValue(forKey: job) else { return }
            cpty_store(place(slot), 0)
            state.free.append(slot)
        }
    }

    private func place(_ slot: Int) -> UnsafeMutableRawPointer { base + Self.headerSize + slot * Self.slotSize }

    private static func job(at place: UnsafeMutableRawPointer) -> JobID? {
        guard let count = Int(exactly: cpty_load(place + 8)), count <= longestText else { return nil }
        return JobID(String(decoding: UnsafeRawBufferPointer(start: place + 16, count: count), as: UTF8.self))
    }
}
