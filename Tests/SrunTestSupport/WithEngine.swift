import Logging
import NIOCore
public import SrunKit
public import StoreMemory

/// Runs an engine around a test: shut down gracefully when the body ends, however it ends.
public func withEngine<Result: Sendable>(
    store: any Store = MemoryStore(), launcher: any ProcessLauncher,
    configuration: EngineConfiguration = EngineConfiguration(node: "test", stopGrace: .seconds(2)),
    clock: any Clock<Duration> = .continuous, _ body: @Sendable (Engine) async throws -> Result
) async throws -> Result {
    let engine = Engine(
        store: store, launcher: launcher, configuration: configuration,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, clock: clock)
    return try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await engine.run() }
        defer { engine.shutDownAtOnce() }
        return try await body(engine)
    }
}

extension Engine {
    /// The whole output of a job, waiting for its end.
    public func output(of id: JobID) async throws -> [UInt8] {
        var feed = try await follow(id)
        var bytes: [UInt8] = []
        while let chunks = try await feed.next() {
            for chunk in chunks { bytes.append(contentsOf: chunk.bytes.readableBytesView) }
        }
        return bytes
    }

    /// The job once it has ended.
    public func ended(_ id: JobID) async throws -> Job {
        let changes = events()
        var job = try await self.job(id)
        if job.status.isFinal { return job }
        for await case .changed(let changed) in changes where changed.id == id && changed.status.isFinal {
            job = changed
            break
        }
        return job
    }
}
