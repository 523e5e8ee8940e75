import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SrunTestSupport
import StoreMemory
import Testing

@testable import srun

/// srun's own handling of WebSockets with nothing behind it but an echo, for scripts/autobahn.sh: it names a file in
/// `SRUN_WEBSOCKET_ECHO`, finds the port there, and removes the file when it is done.
@Suite("WebSocket echo") struct WebSocketEcho {
    private static let file = ProcessInfo.processInfo.environment["SRUN_WEBSOCKET_ECHO"]

    private struct Echo: WebSocketHandler {
        func run(_ socket: WebSocketSender) async throws -> WebSocketClose {
            while true { try await Task.sleep(for: .seconds(60)) }
        }

        func receive(_ message: WebSocketMessage, _ socket: WebSocketSender) async throws -> WebSocketMessageWeight {
            switch message {
            case .text(let bytes): try await socket.send(text: bytes)
            case .binary(let bytes): try await socket.send(binary: [bytes])
            }
            return .free
        }
    }

    @Test(.enabled(if: file != nil, "scripts/autobahn.sh runs it")) func servesUntilTheFileIsGone() async throws {
        let file = try #require(Self.file)
        // The suite sends more at once than srun has use for.
        var limits = WebSocketLimits()
        limits.frameBytes = 32 << 20
        limits.messageBytes = 32 << 20
        limits.messagesAtOnce = 1_000_000
        let logger = Logger(label: "echo") { _ in SwiftLogNoOpLogHandler() }
        let access = Access(.none, store: MemoryStore())
        try await withEngine(launcher: TestServer.greeter) { [limits] engine in
            let hosts = try HostRule(boundTo: "127.0.0.1", allowedHosts: [])
            let proxies = try TrustedProxies([])
            let gate = Gate(
                routes: RouteTable([.socket("/", .public, upgrade: { _, _ in Echo() })]),
                forwarding: Forwarding(hosts: hosts, proxies: proxies), access: access,
                audit: AuditLog(store: access.store, logger: logger))
            let responder = Responder(
                gate: gate, sockets: WebSocketSlots(limits), ownership: JobOwnership(engine: engine), logger: logger)
            let channel = ConnectionChannel(
                responder: responder, limits: limits, slots: ConnectionSlots(ConnectionLimits(), proxies: proxies),
                identity: nil)
            let server = SocketServer(
                socket: try ListeningSocket(host: "127.0.0.1", port: 0), child: channel,
                group: MultiThreadedEventLoopGroup.singleton, logger: logger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    try await server.run(leave: Leave()) { channel in
                        try? "\(channel.localAddress?.port ?? 0)\n".write(
                            toFile: file, atomically: true, encoding: .utf8)
                    }
                }
                // Until whoever asked for it has gone away with the file.
                var hasBegun = false
                while true {
                    try await Task.sleep(for: .milliseconds(200))
                    let isThere = FileManager.default.fileExists(atPath: file)
                    if hasBegun, !isThere { break }
                    hasBegun = hasBegun || isThere
                }
                group.cancelAll()
            }
        }
    }
}
