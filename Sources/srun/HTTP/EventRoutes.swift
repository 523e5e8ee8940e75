import SrunKit

/// Changes of jobs, as a WebSocket.
struct EventRoutes: Sendable {
    let engine: Engine

    var all: [Route] {
        [
            .socket(
                "/api/events", .view, upgrade: { [engine] _, _ in EventSocket(engine: engine, events: engine.events()) }
            )
        ]
    }
}
