import Foundation
import NIOCore
import SrunKit
import Synchronization

/// Lets a follower of a job type into its terminal and change its size, when they have the right to.
///
/// What is typed is written to no log.
struct TerminalControl: Sendable {
    let job: JobID
    let engine: Engine
    let isAllowed: Bool
    private let lane = InputLane()
    private let onInput: @Sendable () async -> Void
    private let hasInput = FirstTime()

    /// - Parameter onInput: Called once, when something is first typed.
    init(job: JobID, engine: Engine, isAllowed: Bool, onInput: @escaping @Sendable () async -> Void) {
        self.onInput = onInput
        self.job = job
        self.engine = engine
        self.isAllowed = isAllowed
    }

    /// Takes an `input` message.
    ///
    /// - Returns: Why it was not accepted.
    func input(_ message: JSONValue) async -> LogErrorMessage? {
        guard isAllowed else { return .forbidden }
        guard let text = message["base64"]?.text, let bytes = Data(base64Encoded: text), bytes.count <= InputLane.limit
        else { return LogErrorMessage("invalid_input", "base64 must hold at most 65536 bytes in base64") }
        guard lane.offer(ByteBuffer(bytes: bytes)) else {
            return LogErrorMessage("input_full", "the terminal has not yet taken the 65536 bytes before this")
        }
        if hasInput.isNow() { await onInput() }
        return nil
    }

    /// Takes a `resize` message.
    func resize(_ message: JSONValue) async -> LogErrorMessage? {
        guard isAllowed else { return .forbidden }
        guard case .number(.integer(let columns)) = message["cols"], case .number(.integer(let rows)) = message["rows"],
            let columns = Int(exactly: columns), let rows = Int(exactly: rows)
        else { return .badSize }
        do {
            try await engine.resize(job, to: TerminalSize(columns: columns, rows: rows))
            return nil
        } catch {
            return LogErrorMessage(error)
        }
    }

    /// Brings input to the terminal, and says so, until the task is cancelled.
    func deliver(to socket: WebSocketSender) async throws {
        var taken: Int64 = 0
        for await bytes in lane.messages {
            do {
                try await engine.write(bytes, to: job)
            } catch {
                if Task.isCancelled { return }
                try await socket.send(LogErrorMessage(error))
            }
            // Also when nobody took it: it is out of the way.
            lane.didTake(bytes)
            taken += Int64(bytes.readableBytes)
            try await socket.send(InputTakenMessage(bytes: taken))
        }
    }

    /// Tells of every change of the size, until the job ends.
    func announce(_ changes: AsyncStream<TerminalSize>?, to socket: WebSocketSender) async throws {
        guard let changes else { return }
        for await size in changes { try await socket.send(ResizeMessage(size)) }
    }
}

/// True once.
private final class FirstTime: Sendable {
    private let isOver = Mutex(false)

    func isNow() -> Bool { isOver.withLock { !exchange(&$0, with: true) } }
}

/// How much of the client's input is out of the way.
struct InputTakenMessage: Encodable {
    let type = "input"
    let bytes: Int64

    private enum CodingKeys: CodingKey { case type, bytes }
}

/// The terminal has another size.
struct ResizeMessage: Encodable {
    let type = "resize"
    let cols: Int
    let rows: Int

    init(_ size: TerminalSize) {
        cols = size.columns
        rows = size.rows
    }

    private enum CodingKeys: CodingKey { case type, cols, rows }
}

extension LogErrorMessage {
    static let forbidden = LogErrorMessage("forbidden", "you have no right to do this")
    static let badSize = LogErrorMessage("bad_size", "cols and rows must be whole numbers from 1 to 1000")

    init(_ error: EngineError) {
        switch error.code {
        case .noTerminal: self.init("no_terminal", "the job runs on pipes: it has no terminal")
        case .badSize: self = .badSize
        default: self.init("not_running", "the job does not run: nobody reads what is typed")
        }
    }
}
