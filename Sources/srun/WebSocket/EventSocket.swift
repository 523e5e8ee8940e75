import SrunKit

/// Changes of jobs over a WebSocket.
struct EventSocket: WebSocketHandler {
    let engine: Engine
    /// Subscribed before the hello is sent, so a list fetched after it misses nothing.
    let events: JobEvents.Subscription

    func run(_ socket: WebSocketSender) async throws -> WebSocketClose {
        try await socket.send(EventMessage.hello)
        for await event in events {
            switch event {
            case .changed(let job): try await socket.send(EventMessage.job(JobMessage(job)))
            case .removed(let id): try await socket.send(EventMessage.removed(id.text))
            }
        }
        try Task.checkCancellation()
        // A subscription ends when its reader fell behind, or with the engine, which then starts nothing any more.
        return engine.hasEnded ? .goingDown : .fellBehind
    }

    func receive(_ message: WebSocketMessage, _ socket: WebSocketSender) async throws -> WebSocketMessageWeight {
        if case .binary = message { throw WebSocketClose.wrongData }
        return .counted
    }
}

enum EventMessage: Encodable {
    case hello
    case job(JobMessage)
    case removed(String)

    private enum CodingKeys: CodingKey { case type, job, id }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .hello:
            try container.encode("hello", forKey: .type)
        case .job(let job):
            try container.encode("job", forKey: .type)
            try container.encode(job, forKey: .job)
        case .removed(let id):
            try container.encode("removed", forKey: .type)
            try container.encode(id, forKey: .id)
        }
    }
}
