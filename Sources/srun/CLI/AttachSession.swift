import Foundation
import NIOCore
import NIOWebSocket
import SrunKit
import UnixSignals

/// A person's terminal joined to a job's: keys go there, output comes here, until the job ends or the person leaves.
struct AttachSession: Sendable {
    let server: ServerConnection
    let job: String
    /// Where output begins, as `from` of the API has it.
    let start: Int64
    /// Output before this offset was printed for others, perhaps long ago: what asks the terminal something is left out, or its
    /// answers would be typed into the program now.
    let liveOffset: Int64
    let keys: DetachKeys
    /// Only look: nothing is typed and the size is left alone.
    let onlyWatches: Bool

    enum End: Hashable, Sendable {
        case jobEnded
        case left
        case signal(Int32)
        case noTerminal
        /// The connection broke, or the server ended it with this code.
        case lost(UInt16?)
    }

    func run() async throws -> End {
        let raw = try RawMode()
        let keyboard = try Keyboard()
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm, .sighup, .sigwinch)
        raw.begin()
        defer { raw.restore() }
        return try await JobSocket.open(
            server, APIClient.path(job, "/logs?from=\(start)\(start == 0 ? "" : "&screen=1")")
        ) { frames, socket in
            let input = OutgoingInput()
            let end = try await withThrowingTaskGroup(of: End?.self) { tasks in
                defer { tasks.cancelAll() }
                tasks.addTask { try await show(frames, socket, input) }
                tasks.addTask { await read(keyboard, input) }
                tasks.addTask { try await send(input, socket) }
                tasks.addTask { try await heed(signals, socket) }
                do {
                    while let end = try await tasks.next() {
                        if let end { return end }
                    }
                } catch let error where !(error is Failure || error is ClosedPipe) {
                    // Whatever else goes wrong here is the connection.
                }
                return .lost(nil)
            }
            await socket.close()
            return end
        }
    }

    /// Shows output until there is no more.
    private func show(_ frames: JobSocket.Frames, _ socket: JobSocket, _ input: OutgoingInput) async throws -> End {
        var screen = AttachScreen(liveOffset: liveOffset)
        defer { screen.finish() }
        var acknowledged: Int64 = 0
        var isQueued = false
        for try await frame in frames {
            let bytes = frame.unmaskedData
            switch frame.opcode {
            case .binary:
                try screen.show(bytes)
                if screen.offset - acknowledged >= Self.acknowledgedBytes {
                    acknowledged = screen.offset
                    try await socket.send(.ack(acknowledged))
                }
                if isQueued {
                    isQueued = false
                    try await sendSize(socket)
                }
            case .text:
                switch try? JSONDecoder().decode(ServerMessage.self, from: Data(bytes.readableBytesView)) {
                case .hello(let offset, let status, let terminal, let painting):
                    guard let terminal else { return .noTerminal }
                    screen.offset = offset
                    acknowledged = offset
                    isQueued = status == "queued"
                    if let painting { try screen.paint(painting) }
                    // What is painted need not be drawn anew.
                    try await sendSize(socket, unlike: painting == nil ? terminal : nil)
                    // Not before: what is typed is meant for a screen of our size.
                    input.open()
                case .gap(let bytes): screen.offset += bytes
                case .taken(let total): input.didTake(upTo: total)
                case .end: return .jobEnded
                case .other, nil: break
                }
            case .ping: try await socket.pong(bytes)
            case .connectionClose: return .lost(bytes.getInteger(at: bytes.readerIndex))
            default: break
            }
        }
        return Task.isCancelled ? .left : .lost(nil)
    }

    /// Small against the window of the server, large against a message.
    private static let acknowledgedBytes: Int64 = 32 * 1024

    /// Makes the job's terminal as large as ours.
    ///
    /// - Parameter unlike: The size it has. If that is ours already, it is changed for a moment, because a change is what makes a
    ///   full-screen program draw its screen again.
    private func sendSize(_ socket: JobSocket, unlike present: TerminalSize? = nil) async throws {
        guard !onlyWatches, let (columns, rows) = StandardOutput.terminalSize else { return }
        let cells = JobSpec.Limits.terminalCells
        let size = TerminalSize(columns: min(columns, cells.upperBound), rows: min(rows, cells.upperBound))
        if present == size, start != 0 {
            try await socket.send(.resize(TerminalSize(columns: size.columns, rows: rows > 1 ? size.rows - 1 : 2)))
        }
        try await socket.send(.resize(size))
    }

    private func read(_ keyboard: Keyboard, _ input: OutgoingInput) async -> End? {
        var scanner = DetachScanner(keys)
        while await input.hasRoom(), let typed = await keyboard.next() {
            let (bytes, leaves) = scanner.scan(typed)
            if leaves { return .left }
            // Who only looks has no other use for Ctrl-C.
            if onlyWatches, typed.contains(3) { return .left }
            if !onlyWatches { input.type(bytes) }
        }
        // The terminal is gone.
        return .left
    }

    private func send(_ input: OutgoingInput, _ socket: JobSocket) async throws -> End? {
        for await _ in input.wakeUps {
            while let piece = input.nextPiece() { try await socket.send(.input(piece)) }
        }
        return nil
    }

    private func heed(_ signals: UnixSignalsSequence, _ socket: JobSocket) async throws -> End? {
        for await signal in signals {
            guard signal == .sigwinch else { return .signal(signal.rawValue) }
            try await sendSize(socket)
        }
        return nil
    }
}

/// Our terminal while it shows that of a job.
private struct AttachScreen {
    /// Of the next byte of the output.
    var offset: Int64 = 0
    private(set) var liveOffset: Int64
    private var filter = TerminalFilter(.terminal(isLive: false))

    init(liveOffset: Int64) { self.liveOffset = liveOffset }

    mutating func show(_ bytes: ByteBuffer) throws {
        let history = Int(min(max(0, liveOffset - offset), Int64(bytes.readableBytes)))
        let view = bytes.readableBytesView
        var shown = filter.filter(view.prefix(history))
        if history < view.count {
            filter.policy = .terminal(isLive: true)
            shown += filter.filter(view.dropFirst(history))
        }
        offset += Int64(view.count)
        try StandardOutput.write(shown)
    }

    /// Shows a full-screen program as it is where the output begins that comes next. From there on everything is live.
    mutating func paint(_ bytes: [UInt8]) throws {
        filter.policy = .terminal(isLive: true)
        liveOffset = min(liveOffset, offset)
        try StandardOutput.write(filter.filter(bytes[...]))
    }

    /// Leaves our terminal as it was before.
    mutating func finish() { try? StandardOutput.write(filter.finish()) }
}
