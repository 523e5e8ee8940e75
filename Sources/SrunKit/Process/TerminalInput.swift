import CPTY
import Foundation
import NIOCore
import Synchronization

/// The way into a job's terminal: what is typed, and the size.
///
/// Whoever writes waits for their turn and then until the terminal has taken everything, so what two people send is never mixed
/// within one write, and what a program does not read is held by those who sent it and by nobody else. The terminal itself
/// takes a few kilobytes ahead of the program; more waits here.
final class TerminalInput: ProcessTerminal {
    /// The same terminal as the output's descriptor under a number of its own: readiness to read and to write are awaited apart.
    private let descriptor: Descriptor
    private let poller: DescriptorPoller
    private let state = Mutex(State())

    private struct State {
        var isClosed = false
        var isTaken = false
        var nextTicket: UInt64 = 0
        /// In the order in which they came.
        var waiters: [(ticket: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    init(_ descriptor: Descriptor, poller: DescriptorPoller) throws(LaunchError) {
        self.descriptor = descriptor
        self.poller = poller
        try poller.add(descriptor.number)
    }

    func write(_ bytes: ByteBuffer) async -> Bool {
        guard await takeTurn() else { return false }
        defer { passTurn() }
        var rest = bytes
        while rest.readableBytes > 0 {
            switch writeOnce(rest) {
            case .written(let count): rest.moveReaderIndex(forwardBy: count)
            case .full:
                if Task.isCancelled { return false }
                await poller.writable(descriptor.number)
            case .gone: return false
            }
        }
        return true
    }

    func resize(to size: TerminalSize) -> Bool {
        guard let columns = UInt16(exactly: size.columns), let rows = UInt16(exactly: size.rows) else { return false }
        return state.withLock { state in
            !state.isClosed && cpty_resize(descriptor.number, columns, rows) == 0
        }
    }

    /// Whoever still waits is told that the terminal is gone.
    func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { state.waiters.removeAll() }
            return state.waiters
        }
        poller.remove(descriptor.number)
        descriptor.close()
        for waiter in waiters { waiter.continuation.resume(returning: false) }
    }

    // MARK: One after the other

    /// - Returns: False when the terminal is gone or the task was cancelled.
    private func takeTurn() async -> Bool {
        let ticket = state.withLock { state in
            state.nextTicket += 1
            return state.nextTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if state.isClosed || Task.isCancelled { return false }
                    if state.isTaken {
                        state.waiters.append((ticket, continuation))
                        return nil
                    }
                    state.isTaken = true
                    return true
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.ticket == ticket }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    private func passTurn() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiters.isEmpty else {
                state.isTaken = false
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    private enum WriteResult {
        case written(Int)
        case full
        case gone
    }

    private func writeOnce(_ bytes: ByteBuffer) -> WriteResult {
        // The number may belong to somebody else once it is closed; the call itself never waits.
        state.withLock { state in
            if state.isClosed { return .gone }
            while true {
                let count = bytes.withUnsafeReadableBytes { Glibc.write(descriptor.number, $0.baseAddress, $0.count) }
                if count > 0 { return .written(count) }
                if count < 0, errno == EINTR { continue }
                return count == 0 || errno == EAGAIN ? .full : .gone
            }
        }
    }
}
