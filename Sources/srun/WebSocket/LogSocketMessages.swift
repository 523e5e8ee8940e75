import Foundation
import SrunKit

/// The first message: where the output begins that follows.
struct LogHelloMessage: Encodable {
    let type = "hello"
    let job: String
    let from: Int64
    let status: String
    let tty: TTYMessage
    let screen: ScreenMessage?

    /// - Parameter terminal: The size now, which may be another than the job began with.
    init(_ job: Job, from: Int64, terminal: TerminalSize?, screen: TerminalScreen?) {
        self.screen = screen.map(ScreenMessage.init)
        self.job = job.id.text
        self.from = from
        status = job.status.rawValue
        tty = TTYMessage(terminal)
    }

    private enum CodingKeys: CodingKey { case type, job, from, status, tty, screen }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(type, forKey: .type)
        try container.encode(job, forKey: .job)
        try container.encode(from, forKey: .from)
        try container.encode(status, forKey: .status)
        try container.encode(tty, forKey: .tty)
        try container.encode(screen, forKey: .screen)
    }
}

/// What paints the screen of a full-screen program as it is at the offset of the hello.
struct ScreenMessage: Encodable {
    let cols: Int
    let rows: Int
    let base64: String

    init(_ screen: TerminalScreen) {
        cols = screen.size.columns
        rows = screen.size.rows
        base64 = Data(screen.paint).base64EncodedString()
    }

    private enum CodingKeys: CodingKey { case cols, rows, base64 }
}

/// Output that was dropped: the next byte is behind it.
struct LogGapMessage: Encodable {
    let type = "gap"
    let offset: Int64
    let bytes: Int64

    init(_ gap: LogChunk) {
        offset = gap.offset
        bytes = gap.dropped
    }

    private enum CodingKeys: CodingKey { case type, offset, bytes }
}

/// The last message: how the job ended, and how many bytes the client should have.
struct LogEndMessage: Encodable {
    let job: Job

    init(_ job: Job) { self.job = job }

    private enum CodingKeys: CodingKey { case type, status, exitCode, signal, reason, bytes }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let outcome = job.state.end?.outcome
        try container.encode("end", forKey: .type)
        try container.encode(job.status.rawValue, forKey: .status)
        try container.encode(outcome?.exitCode, forKey: .exitCode)
        try container.encode(outcome?.signal, forKey: .signal)
        try container.encode(outcome?.reason, forKey: .reason)
        try container.encode(job.outputBytes, forKey: .bytes)
    }
}

/// The client's last message was not accepted; the stream goes on.
struct LogErrorMessage: Encodable {
    let type = "error"
    let code: String
    let error: String

    init(_ code: String, _ error: String) {
        self.code = code
        self.error = error
    }

    private enum CodingKeys: CodingKey { case type, code, error }
}
