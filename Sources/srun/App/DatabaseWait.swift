import Foundation
import Logging
import ServiceLifecycle
import SrunKit
import StorePostgres

/// A database server may come up after srun does, and is waited for; what is wrong with the way to it will not get better by
/// waiting. Meanwhile the address is served, so that whoever looks after srun learns what it waits for.
struct DatabaseWait: Sendable {
    let address: String
    let spool: String
    let isEndless: Bool
    let web: ServerConfiguration
    let logger: Logger

    private static let limit = Duration.seconds(60)
    private static let longestPause = 2000

    /// - Returns: Nil when told to end before.
    /// - Throws: ``StoreError``.
    func open() async throws -> PostgresStore? {
        // Opening cannot be cancelled, and an end is not to wait for a network that swallows everything.
        let (results, found) = AsyncStream.makeStream(of: Result<PostgresStore, any Error>.self)
        let leave = Leave()
        let attempts = Task {
            do {
                found.yield(.success(try await openPatiently(leave)))
            } catch {
                found.yield(.failure(error))
            }
            found.finish()
        }
        return try await withGracefulShutdownHandler {
            for await result in results { return try result.get() }
            return nil
        } onGracefulShutdown: {
            attempts.cancel()
            found.finish()
        }
    }

    private func openPatiently(_ leave: Leave) async throws -> PostgresStore {
        do {
            return try await PostgresStore.open(address, spool: spool)
        } catch {
            guard error.code == .unavailable else { throw error }
        }
        let place = PostgresStore.display(address)
        StandardError.say("waiting for PostgreSQL (\(place)); until it answers, every request is answered with 503")
        let server = WaitingServer(
            configuration: web, logger: logger, reason: "srun waits for its database; try again later")
        return try await withThrowingTaskGroup(of: Void.self) { group in
            if let listener = web.listener {
                group.addTask { try await server.run(on: listener, leave: leave) }
            }
            defer { group.cancelAll() }
            let store = try await openWhenItAnswers()
            StandardError.say("PostgreSQL answers")
            leave.ask()
            try await group.waitForAll()
            return store
        }
    }

    private func openWhenItAnswers() async throws -> PostgresStore {
        let end = ContinuousClock.now + Self.limit
        var pause = 250
        while true {
            try await Task.sleep(for: .milliseconds(Int.random(in: pause / 2...pause)))
            pause = min(Self.longestPause, pause * 2)
            do {
                return try await PostgresStore.open(address, spool: spool)
            } catch {
                guard error.code == .unavailable else { throw error }
                guard isEndless || .now < end else {
                    throw StoreError(.unreachable, "PostgreSQL does not answer.", underlying: error.underlying)
                }
                logger.debug("PostgreSQL does not answer", metadata: ["error": "\(error.underlying ?? error)"])
            }
        }
    }
}
