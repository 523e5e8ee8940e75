import SrunKit

/// The first message: where the output begins that follows.
struct LogHelloMessage: Encodable {
    let type = "hello"
    let job: String
    let from: Int64
    let status: String
    let tty: TTYMessage

    /// - Parameter terminal: The size now, which may be another than the job began with.
    init(_ job: Job, from: Int64, terminal: TerminalSize?) {
        self.job = job.id.text
        self.from = from
        status = job.status.rawValue
        tty = TTYMessage(terminal)
    }

    private enum CodingKeys: CodingKey { case type, job, from, status, tty }
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
