import Dispatch
import Foundation

/// Reads standard input when asked to, so that what is typed waits in the terminal and not here.
final class Keyboard: Sendable {
    private static let readSize = 16 * 1024

    private let queue = DispatchQueue(label: "srun.keyboard")
    /// Written to in order to end a read that waits.
    private let wakeUp: (reading: Int32, writing: Int32)

    init() throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(.inputOutput, "cannot make a pipe: \(SystemError.last)") }
        wakeUp = (ends[0], ends[1])
    }

    deinit {
        close(wakeUp.reading)
        close(wakeUp.writing)
    }

    /// The next keys; nil at the end of the input, or when the task was cancelled, after which nothing more can be read.
    func next() async -> [UInt8]? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                // A read may wait for hours; a thread of the pool that runs our tasks must not.
                queue.async { continuation.resume(returning: self.read()) }
            }
        } onCancel: {
            var one: UInt8 = 1
            _ = write(wakeUp.writing, &one, 1)
        }
    }

    private func read() -> [UInt8]? {
        var watched = [
            pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wakeUp.reading, events: Int16(POLLIN), revents: 0),
        ]
        while true {
            guard poll(&watched, 2, -1) >= 0 || errno == EINTR else { return nil }
            if watched[1].revents != 0 { return nil }
            guard watched[0].revents != 0 else { continue }
            var count = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: Self.readSize) { buffer, length in
                count = Foundation.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
                length = max(0, count)
            }
            if count > 0 { return bytes }
            guard count < 0, errno == EINTR || errno == EAGAIN else { return nil }
        }
    }
}
