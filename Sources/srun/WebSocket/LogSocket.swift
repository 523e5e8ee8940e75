import NIOCore
import SrunKit

/// A job's output over a WebSocket, subprotocol `srun.v1`: binary messages are output, text is JSON.
struct LogSocket: WebSocketHandler {
    /// As the job was when the connection began.
    private let job: Job
    private let feed: LogFeed
    private let engine: Engine
    private let timing: WebSocketTiming
    private let window: AckWindow
    private let terminal: TerminalControl
    private let screen: TerminalScreen?

    /// - Parameters:
    ///   - screen: What the job shows where the feed begins, for a client that wants to paint it.
    ///   - onInput: Called once, when the client first types something.
    init(
        job: Job, feed: LogFeed, engine: Engine, timing: WebSocketTiming, mayType: Bool, screen: TerminalScreen? = nil,
        onInput: @escaping @Sendable () async -> Void = {}
    ) {
        self.screen = screen
        self.job = job
        self.feed = feed
        self.engine = engine
        self.timing = timing
        window = AckWindow(start: feed.start, limit: AckWindow.grownSize)
        terminal = TerminalControl(job: job.id, engine: engine, isAllowed: mayType, onInput: onInput)
    }

    func run(_ socket: WebSocketSender) async throws -> WebSocketClose {
        let sizes = await engine.terminalSizes(job.id)
        try await socket.send(
            LogHelloMessage(job, from: feed.start, terminal: sizes?.size ?? job.spec.terminal, screen: screen))
        let failure = try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await terminal.deliver(to: socket) }
            group.addTask { try await terminal.announce(sizes?.changes, to: socket) }
            defer { group.cancelAll() }
            return try await sendOutput(to: socket)
        }
        if let failure { return failure }
        try Task.checkCancellation()
        guard let ended = await engine.endedJob(job.id) else { return .goingDown }
        guard let end = ended else { return .jobRemoved }
        try await socket.send(LogEndMessage(end))
        // Closing now would race the client's last acknowledgement: data that meets a closed socket makes the system
        // throw away what the client has not read yet. So the client closes; a silent one is closed after a while.
        try await Task.sleep(for: timing.closing)
        return .normal
    }

    /// Sends output until there is no more.
    ///
    /// - Returns: Why the connection must end before that.
    private func sendOutput(to socket: WebSocketSender) async throws -> WebSocketClose? {
        var pace = OutputPace(gathering: timing.gathering)
        var feed = feed
        do {
            while try await mayGoOn(feed), let room = await window.room(),
                let chunks = try await feed.next(limit: Self.limit(within: Int(room))),
                let end = chunks.last?.end
            {
                var chunks = chunks
                if let gap = chunks.first, gap.dropped > 0 {
                    window.didSkip(to: gap.end)
                    try await socket.send(LogGapMessage(gap))
                    chunks.removeFirst()
                }
                window.didSend(upTo: end)
                let size = chunks.reduce(0) { $0 + $1.bytes.readableBytes }
                try await socket.send(binary: OutputMessages.buffers(of: chunks))
                try await pace.wait(after: size)
            }
        } catch let error as StoreError {
            return error.code == .jobNotFound ? .jobRemoved : .failed
        }
        return nil
    }

    /// How much is asked for at once. For a reader that is fast enough to have much room it is more: who has fallen behind reads the
    /// store, where every look has its price.
    private static func limit(within room: Int) -> Int {
        min(room, room > AckWindow.size ? 4 * LogFeed.standardLimit : LogFeed.standardLimit)
    }

    /// Whether there is something to wait for room for: at the end of the output there is not, and the client shall
    /// hear of it although it has not acknowledged everything.
    private func mayGoOn(_ feed: LogFeed) async throws(StoreError) -> Bool {
        if window.hasRoom { return true }
        var peek = feed
        return try await peek.available(limit: 1) != nil
    }

    func receive(_ message: WebSocketMessage, _ socket: WebSocketSender) async throws -> WebSocketMessageWeight {
        guard case .text(let bytes) = message else { throw WebSocketClose.wrongData }
        let value: JSONValue
        do {
            value = try StrictJSON.parse(bytes.readableBytesView)
        } catch {
            try await socket.send(LogErrorMessage("invalid_json", "the message is not JSON: \(error)"))
            return .counted
        }
        switch value["type"]?.text {
        case "ack":
            guard case .number(.integer(let offset)) = value["offset"], window.acknowledge(upTo: offset) else {
                try await socket.send(LogErrorMessage("invalid_ack", "offset must be one that was sent"))
                return .counted
            }
            return .free
        case "input":
            if let error = await terminal.input(value) { try await socket.send(error) }
        case "resize":
            if let error = await terminal.resize(value) { try await socket.send(error) }
        default:
            try await socket.send(LogErrorMessage("unknown_message", "this server does not know such a message"))
        }
        return .counted
    }
}

/// A job's output as the earlier tool sent it: text, and a close when there is no more.
struct LegacyLogSocket: WebSocketHandler {
    let feed: LogFeed
    let engine: Engine
    let timing: WebSocketTiming

    func run(_ socket: WebSocketSender) async throws -> WebSocketClose {
        var pace = OutputPace(gathering: timing.gathering)
        var cutter = UTF8Cutter()
        var feed = feed
        do {
            while let text = try await next(&feed, &cutter) {
                let size = text.readableBytes
                if size > 0 { try await socket.send(text: text) }
                try await pace.wait(after: size)
            }
        } catch let error as StoreError {
            return error.code == .jobNotFound ? .jobRemoved : .failed
        }
        try Task.checkCancellation()
        let rest = cutter.finish()
        if !rest.isEmpty { try await socket.send(text: ByteBuffer(string: rest)) }
        guard let ended = await engine.endedJob(feed.job) else { return .goingDown }
        return ended == nil ? .jobRemoved : .normal
    }

    /// The next message. What it was made of is let go before it is sent: whoever does not read has only that waiting for them.
    private func next(_ feed: inout LogFeed, _ cutter: inout UTF8Cutter) async throws -> ByteBuffer? {
        try await feed.next(limit: Self.messageBytes).map { ByteBuffer(string: cutter.append($0.map(\.bytes))) }
    }

    /// How much output makes a message at most.
    private static let messageBytes = 64 * 1024

    /// The earlier tool's clients say nothing, and what others say has no meaning here.
    func receive(_ message: WebSocketMessage, _ socket: WebSocketSender) async throws -> WebSocketMessageWeight {
        .counted
    }
}

extension Engine {
    /// The job whose feed has ended: `.some(nil)` when it was removed meanwhile, nil when it has not ended, so that it
    /// was the engine that did.
    fileprivate func endedJob(_ id: JobID) async -> Job?? {
        do {
            let job = try await job(id)
            return job.status.isFinal ? .some(job) : nil
        } catch {
            return error.code == .jobNotFound ? .some(nil) : nil
        }
    }
}
