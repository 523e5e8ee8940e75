import CPTY
import Foundation
import Synchronization

/// Owns a file descriptor: closed once, at the latest when the last reference goes.
final class Descriptor: Sendable {
    let number: Int32
    private let isOpen = Atomic(true)

    init(_ number: Int32) {
        self.number = number
    }

    func close() {
        if isOpen.exchange(false, ordering: .acquiringAndReleasing) { Glibc.close(number) }
    }

    deinit { close() }

    /// Another number for what this one stands for.
    func duplicate() throws(LaunchError) -> Descriptor {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw LaunchError(doing: "duplicating a descriptor") }
        return Descriptor(copy)
    }

    /// From now on reading and writing do not wait.
    ///
    /// - Returns: False when that cannot be.
    func stopWaiting() -> Bool {
        let flags = fcntl(number, F_GETFL)
        return flags >= 0 && fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0
    }

    /// Of what is read from: whether any process still has the other end, by which more could come. poll(2) says POLLHUP when none
    /// has, of a pipe and of a terminal.
    var isHeldOpen: Bool {
        var state = pollfd(fd: number, events: 0, revents: 0)
        return poll(&state, 1, 0) <= 0 || Int32(state.revents) & Int32(POLLHUP) == 0
    }

    /// Both ends of a pipe, close-on-exec from birth; the reading end does not block.
    static func pipe(capacity: Int32 = Descriptor.pipeCapacity) throws(LaunchError) -> (
        reading: Descriptor, writing: Descriptor
    ) {
        var ends: [Int32] = [-1, -1]
        guard cpty_open_pipe(&ends, capacity) == 0 else { throw LaunchError(doing: "creating a pipe") }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    static let pipeCapacity: Int32 = 1 << 20
}
