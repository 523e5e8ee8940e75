import Synchronization

/// What was typed and has not yet been taken by the job's terminal.
///
/// The server takes 64 KiB ahead of the terminal; more waits here. When ``AckWindow/size`` bytes wait, the keyboard is not
/// read until there is room.
final class OutgoingInput: Sendable {
    /// What the server may have of ours that its terminal has not taken, see `docs/http-api.md`.
    static let limit: Int64 = 64 * 1024
    /// One message; in base64 it fits into a frame.
    static let pieceBytes = 32 * 1024

    private struct State {
        var waiting: [UInt8] = []
        var sent: Int64 = 0
        var taken: Int64 = 0
        var isOpen = false
    }

    /// Something may be sent; read by one task.
    let wakeUps: AsyncStream<Void>

    private let sink: AsyncStream<Void>.Continuation
    private let state = Mutex(State())
    private let window = AckWindow(start: 0)

    init() {
        (wakeUps, sink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Waits until more may be typed; false when the task was cancelled.
    func hasRoom() async -> Bool { await window.room() != nil }

    func type(_ bytes: [UInt8]) {
        let typed = state.withLock { state in
            state.waiting += bytes
            return state.sent + Int64(state.waiting.count)
        }
        window.didSend(upTo: typed)
        sink.yield()
    }

    /// The server says that the terminal has taken everything before this.
    func didTake(upTo total: Int64) {
        guard window.acknowledge(upTo: total) else { return }
        state.withLock { $0.taken = max($0.taken, total) }
        sink.yield()
    }

    /// From now on there is somebody to send to.
    func open() {
        state.withLock { $0.isOpen = true }
        sink.yield()
    }

    /// The next piece to send, if the server has room for one.
    func nextPiece() -> [UInt8]? {
        state.withLock { state in
            guard state.isOpen else { return nil }
            let room = Int(Self.limit - (state.sent - state.taken))
            let piece = state.waiting.prefix(min(room, Self.pieceBytes))
            guard !piece.isEmpty else { return nil }
            state.waiting.removeFirst(piece.count)
            state.sent += Int64(piece.count)
            return Array(piece)
        }
    }
}
