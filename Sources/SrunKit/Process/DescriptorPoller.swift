import CPTY
import Foundation
import Synchronization

/// Awaits descriptors without a thread for each: one thread sits in epoll_wait(2) for all of them.
///
/// A descriptor is added once, awaited any number of times, by several tasks if need be, and removed before it is
/// closed. The kernel reports each readiness once (EPOLLONESHOT) and is asked anew by the next wait, so nothing spins
/// while nobody reads.
final class DescriptorPoller: Sendable {
    private let epoll: Int32
    private let wakeUp: Int32
    private let state = Mutex(State())
    /// In microseconds. At full speed a terminal fills its 64 KiB in about ten times as long, so it never waits for this.
    private static let gatheringTime: UInt32 = 50

    private struct State {
        var waiters: [Int32: [CheckedContinuation<Void, Never>]] = [:]
        /// Of those who wait, the ones to whom a moment's more output is worth more than that moment.
        var gathering: Set<Int32> = []
    }

    init() throws(LaunchError) {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard epoll >= 0 else { throw LaunchError(doing: "creating an epoll instance") }
        wakeUp = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeUp >= 0 else {
            let failure = LaunchError(doing: "creating an event descriptor")
            Glibc.close(epoll)
            throw failure
        }
        var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: wakeUp))
        epoll_ctl(epoll, EPOLL_CTL_ADD, wakeUp, &event)
        let thread = Thread { [epoll, wakeUp, state = Reference(self)] in
            Self.poll(epoll, wakeUp) { state.poller }
            Glibc.close(wakeUp)
            Glibc.close(epoll)
        }
        thread.name = "srun-poll"
        thread.stackSize = 256 * 1024
        thread.start()
    }

    deinit {
        // The thread owns both descriptors and closes them when it leaves.
        var one: UInt64 = 1
        write(wakeUp, &one, MemoryLayout<UInt64>.size)
    }

    /// The thread must not keep the poller alive, or it would never end.
    private struct Reference: @unchecked Sendable {
        weak var poller: DescriptorPoller?
        init(_ poller: DescriptorPoller) { self.poller = poller }
    }

    func add(_ descriptor: Int32) throws(LaunchError) {
        var event = epoll_event(events: EPOLLONESHOT.rawValue, data: epoll_data_t(fd: descriptor))
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event) == 0 else {
            throw LaunchError(doing: "watching a descriptor")
        }
    }

    func remove(_ descriptor: Int32) {
        epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, nil)
        report(descriptor)
    }

    /// Returns when the descriptor can be read, has reached its end, was removed, or the task was cancelled; a read
    /// then tells which. An early return does no harm.
    ///
    /// - Parameter gathering: Lets a little more come before it returns, for output that pours: a terminal reports every
    ///   4 KiB, and waking a task for each costs more than moving them.
    func readable(_ descriptor: Int32, gathering: Bool = false) async {
        await ready(descriptor, EPOLLIN.rawValue, gathering: gathering)
    }

    /// The same for a descriptor that takes bytes. One number is awaited for reading or for writing, never for both.
    func writable(_ descriptor: Int32) async {
        await ready(descriptor, EPOLLOUT.rawValue)
    }

    private func ready(_ descriptor: Int32, _ events: UInt32, gathering: Bool = false) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isArmed = state.withLock { state in
                    if Task.isCancelled { return false }
                    // Under the lock: the thread may report before this function has returned.
                    var event = epoll_event(
                        events: events | EPOLLONESHOT.rawValue, data: epoll_data_t(fd: descriptor))
                    guard epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, &event) == 0 else { return false }
                    state.waiters[descriptor, default: []].append(continuation)
                    if gathering { state.gathering.insert(descriptor) } else { state.gathering.remove(descriptor) }
                    return true
                }
                if !isArmed { continuation.resume() }
            }
        } onCancel: {
            // Wakes the others, too, who look and wait again.
            report(descriptor)
        }
    }

    private func report(_ descriptor: Int32) {
        let waiters = state.withLock { state in
            state.gathering.remove(descriptor)
            return state.waiters.removeValue(forKey: descriptor) ?? []
        }
        for waiter in waiters { waiter.resume() }
    }

    private static func poll(_ epoll: Int32, _ wakeUp: Int32, poller: () -> DescriptorPoller?) {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 64) { events in
            while true {
                let count = epoll_wait(epoll, events.baseAddress, Int32(events.count), -1)
                if count < 0, errno != EINTR { return }
                let ready = events.prefix(Int(max(0, count)))
                if ready.contains(where: { $0.data.fd == wakeUp }) { return }
                poller()?.report(ready.map(\.data.fd))
            }
        }
    }

    private func report(_ descriptors: [Int32]) {
        let late = state.withLock { $0.gathering.isEmpty ? [] : $0.gathering.intersection(descriptors) }
        for descriptor in descriptors where !late.contains(descriptor) { report(descriptor) }
        guard !late.isEmpty else { return }
        usleep(Self.gatheringTime)
        for descriptor in late { report(descriptor) }
    }
}
