import Foundation
import NIOCore
import Synchronization

/// The way of one job's output, from the process to the store and to whoever follows.
///
/// ```
/// process -> append -> LogRing -> run (a batch per 50 ms or per 1 MiB) -> LogSink
///                         |
///                         +-> read, by each follower at its own offset
/// ```
///
/// Full buffers: while the ring holds nothing but what waits for the store, `append` waits, the process is not read, and the
/// kernel makes it wait. A follower that was overtaken by the ring is told so and reads the store. Nothing is lost, and nobody
/// slows anybody but the job its own store.
final class LogPipeline: Sendable {
    /// What a follower finds at its offset.
    enum Step {
        case chunks([LogChunk])
        /// Dropped from the ring, hence in the store.
        case stored
        /// Nothing yet.
        case atEnd
        /// Nothing any more: this is the end of the output.
        case ended
        /// The engine stopped before the job had ended.
        case abandoned
    }

    private struct Waiter {
        let isServed: @Sendable (State) -> Bool
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var ring: LogRing
        var isEnded = false
        var isSettled = false
        var isAbandoned = false
        /// Waiting for output or its end: followers and the batcher, each with what it waits for.
        var waiters: [UInt64: Waiter] = [:]
        /// Waiting for room.
        var writers: [CheckedContinuation<Void, Never>] = []
        var nextTicket: UInt64 = 0
        var journal: (any OutputJournal)?
        var masker: SecretMasker?
        /// What the masker holds back: of which stream it is, from when, and how much of it was taken in by an earlier server.
        var heldStream = LogStream.output
        var heldTime = Date.distantPast
        var heldBefore = 0

        /// Takes bytes in, without the secrets in them.
        mutating func take(_ bytes: ByteBuffer, stream: LogStream, time: Date) {
            guard masker != nil else { return ring.append(bytes, stream: stream, time: time) }
            // The other stream's bytes come after what is held back of this one: a byte keeps its place.
            if stream != heldStream { releaseHeld() }
            (heldStream, heldTime) = (stream, time)
            if let known = masker?.mask(bytes) { pass(known) }
        }

        /// Takes in what a journal has, from an offset on. What comes before was taken in by an earlier server, and is looked at
        /// again because a secret may begin in it.
        mutating func take(_ piece: LogChunk, from stored: Int64) {
            var bytes = piece.bytes
            if piece.offset < stored,
                let before = bytes.readSlice(length: Int(min(Int64(bytes.readableBytes), stored - piece.offset)))
            {
                if piece.stream != heldStream { releaseHeld() }
                (heldStream, heldTime) = (piece.stream, piece.time)
                heldBefore += before.readableBytes
                if let known = masker?.mask(before) { pass(known) }
            }
            if bytes.readableBytes > 0 { take(bytes, stream: piece.stream, time: piece.time) }
        }

        /// Takes out those whose wait is over. The batcher, which waits for much, sleeps on while little comes.
        mutating func takeServed() -> [CheckedContinuation<Void, Never>] {
            let served = waiters.filter { $0.value.isServed(self) }
            for ticket in served.keys { waiters.removeValue(forKey: ticket) }
            return served.values.map(\.continuation)
        }

        mutating func releaseHeld() {
            if let rest = masker?.finish() { pass(rest) }
        }

        private mutating func pass(_ known: ByteBuffer) {
            var known = known
            let before = min(heldBefore, known.readableBytes)
            known.moveReaderIndex(forwardBy: before)
            heldBefore -= before
            if known.readableBytes > 0 { ring.append(known, stream: heldStream, time: heldTime) }
        }
    }

    let job: JobID
    private let state: Mutex<State>

    /// - Parameter masker: Takes secrets out of everything before anybody sees it.
    init(job: JobID, ring: LogRing = LogRing(), masker: SecretMasker? = nil) {
        self.job = job
        state = Mutex(State(ring: ring, masker: masker))
    }

    /// Tells a journal from now on what is stored, and never holds more than it can.
    ///
    /// - Parameter stored: What the store has already. What the journal has beyond that is taken in, as if it were just read.
    func attach(_ journal: any OutputJournal, stored: Int64) {
        journal.markDurable(before: stored)
        // A secret may have been stored in part: whoever looks for it must see its beginning again, which is not taken in twice.
        let lead = Int64(state.withLock { $0.masker?.longest ?? 0 })
        let pieces = journal.pieces(from: max(0, stored - lead))
        wake { state in
            state.journal = journal
            state.ring.maximumBytes = min(state.ring.maximumBytes, journal.pipelineBytes)
            for piece in pieces { state.take(piece, from: stored) }
        }
    }

    /// The number of bytes the job has printed so far.
    var byteCount: Int64 { state.withLock { $0.ring.end } }

    /// Takes bytes in. Waits while the ring is full; does not react to cancellation, since what was read must be kept.
    func append(_ bytes: ByteBuffer, stream: LogStream, time: Date) async {
        while !takeNow(bytes, stream: stream, time: time) {
            await withCheckedContinuation { continuation in
                let mustWait = state.withLock { state in
                    guard state.ring.isFull, !state.isAbandoned else { return false }
                    state.writers.append(continuation)
                    return true
                }
                if !mustWait { continuation.resume() }
            }
        }
    }

    /// - Returns: False, and nothing is taken, while the ring is full.
    private func takeNow(_ bytes: ByteBuffer, stream: LogStream, time: Date) -> Bool {
        var lost: ((any OutputJournal), Int64)?
        let served = state.withLock { state -> [CheckedContinuation<Void, Never>]? in
            guard !state.ring.isFull || state.isAbandoned else { return nil }
            state.take(bytes, stream: stream, time: time)
            if state.isAbandoned { lost = state.journal.map { ($0, state.ring.end) } }
            return state.takeServed()
        }
        guard let served else { return false }
        for waiter in served { waiter.resume() }
        // Nobody will store it: the journal need not wait for that, and the job need not wait for the journal.
        if let (journal, end) = lost { journal.markDurable(before: end) }
        return true
    }

    /// Passes over output that was dropped before it came here: followers read around it in the store.
    func skip(to offset: Int64) { wake { $0.ring.skip(to: offset) } }

    /// No more will be appended: the batcher may finish. Followers still wait.
    func end() {
        wake { state in
            state.releaseHeld()
            state.isEnded = true
        }
    }

    /// The final state of the job is stored: followers may end. Not before, so that whoever has seen the end of a job's output
    /// and asks for the job finds how it ended.
    func settle() {
        wake { $0.isSettled = true }
    }

    /// Gives up: followers are let go although the job has not ended, for the server is going down.
    func abandon() {
        wake { $0.isAbandoned = true }
        releaseWriters()
    }

    /// What there is for a follower at the given offset. An offset beyond the end waits at the end.
    func read(from offset: Int64, limit: Int) -> Step {
        state.withLock { state in
            if offset < state.ring.end {
                return state.ring.chunks(from: offset, limit: limit).map { .chunks($0) } ?? .stored
            }
            if state.isSettled { return .ended }
            return state.isAbandoned ? .abandoned : .atEnd
        }
    }

    /// Waits until there is output behind the given offset, or the end. Returns at once on cancellation.
    func change(after offset: Int64) async {
        await wait { $0.ring.end > offset || $0.isSettled || $0.isAbandoned }
    }

    // MARK: For the batcher

    /// Whether something is to be stored.
    var hasPending: Bool { state.withLock { $0.ring.pendingBytes > 0 } }

    /// Waits until something is to be stored.
    ///
    /// - Returns: False when nothing is left and nothing will come.
    func pending() async -> Bool {
        await wait { $0.ring.pendingBytes > 0 || $0.isEnded || $0.isAbandoned }
        return state.withLock { $0.ring.pendingBytes > 0 }
    }

    /// Waits until so much is to be stored that waiting longer would not pay, or no more will come, or the ring is full.
    func pending(bytes: Int) async {
        await wait { $0.ring.pendingBytes >= bytes || $0.ring.isFull || $0.isEnded || $0.isAbandoned }
    }

    func batch(limit: Int) -> [LogChunk] {
        state.withLock { $0.ring.chunks(from: $0.ring.durable, limit: limit) ?? [] }
    }

    func markDurable(before offset: Int64) {
        let journal = state.withLock { state in
            state.ring.markDurable(before: offset)
            return state.journal
        }
        // Before anybody reads on: what is read next may need the room.
        journal?.markDurable(before: offset)
        releaseWriters()
    }

    var isEnded: Bool { state.withLock { $0.isEnded } }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    // MARK: Waiting

    private func wake(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            return state.takeServed()
        }
        for waiter in waiters { waiter.resume() }
    }

    private func releaseWriters() {
        let writers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            guard !state.ring.isFull || state.isAbandoned else { return [] }
            defer { state.writers.removeAll() }
            return state.writers
        }
        for writer in writers { writer.resume() }
    }

    private func wait(until condition: @escaping @Sendable (State) -> Bool) async {
        while !Task.isCancelled {
            let ticket = state.withLock { state -> UInt64? in
                if condition(state) { return nil }
                defer { state.nextTicket += 1 }
                return state.nextTicket
            }
            guard let ticket else { return }
            await withTaskCancellationHandler {
                await withCheckedContinuation { continuation in
                    let mustWait = state.withLock { state in
                        if condition(state) || Task.isCancelled { return false }
                        state.waiters[ticket] = Waiter(isServed: condition, continuation: continuation)
                        return true
                    }
                    if !mustWait { continuation.resume() }
                }
            } onCancel: {
                state.withLock { $0.waiters.removeValue(forKey: ticket) }?.continuation.resume()
            }
        }
    }
}
