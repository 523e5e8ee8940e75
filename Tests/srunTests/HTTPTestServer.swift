import Logging
import NIOCore
import ServiceLifecycle
import SrunKit
import SrunTestSupport
import StoreMemory

import Testing

@testable import srun

/// A server on a port of its own, with everything behind it, as long as a test needs it.
struct TestServer: Sendable {
    static let token = "srun_0123456789abcdefghijklmnopqrstuvwxyz"

    let port: Int
    let engine: Engine
    let access: Access
    let shutDown: @Sendable () async -> Void

    var host: String { "127.0.0.1:\(port)" }
    var origin: String { "http://\(host)" }

    /// The fields of a request by somebody who has the token.
    var authorized: String { "Host: \(host)\r\nAuthorization: Bearer \(Self.token)\r\n" }
}

extension TestServer {
    /// - Parameter launcher: By default every process prints `hello` and ends with code 0.
    static func run<Result: Sendable>(
        access: Access = Access(.token(Token(token)), store: MemoryStore()), allowedHosts: [String] = [],
        trustedProxies: [String] = [],
        sockets: WebSocketLimits = WebSocketLimits(), startRate: StartRate? = .standard,
        launcher: any ProcessLauncher = greeter, clock: any Clock<Duration> = .continuous,
        _ body: @Sendable (TestServer) async throws -> Result
    ) async throws -> Result {
        try await withEngine(launcher: launcher, clock: clock) { engine in
            var configuration = try srun.ServerConfiguration(
                host: "127.0.0.1", port: 0, allowedHosts: allowedHosts, trustedProxies: trustedProxies)
            configuration.sockets = sockets
            configuration.startRate = startRate
            let ready = Event<Int>()
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let server = srun.Server(
                engine: engine, access: access, configuration: configuration, build: .current, node: "test",
                logger: logger
            ) { ready.happen($0.port) }
            let services = ServiceGroup(services: [server], logger: logger)
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await services.run() }
                let port = try #require(await ready.wait())
                let shutDown: @Sendable () async -> Void = { await services.triggerGracefulShutdown() }
                do {
                    let result = try await body(
                        TestServer(port: port, engine: engine, access: access, shutDown: shutDown))
                    await shutDown()
                    try await group.waitForAll()
                    return result
                } catch {
                    await shutDown()
                    throw error
                }
            }
        }
    }

    static var greeter: ScriptedLauncher {
        ScriptedLauncher { _ throws(LaunchError) in
            let process = ScriptedProcess()
            process.print("hello\n")
            process.end(.code(0))
            return process
        }
    }
}
