import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOWebSocket

/// A connection of the command line to `GET /api/jobs/:id/logs` as `srun.v1` (docs/http-api.md).
struct JobSocket: Sendable {
    typealias Frames = NIOAsyncChannelInboundStream<WebSocketFrame>

    private let outbound: NIOAsyncChannelOutboundWriter<WebSocketFrame>

    /// More than any message of output has.
    private static let frameLimit = 8 << 20

    private enum Opened: Sendable {
        case socket(NIOAsyncChannel<WebSocketFrame, WebSocketFrame>)
        case refused
    }

    /// Opens a WebSocket, and closes it when the body ends.
    ///
    /// - Throws: ``ConnectionLost`` when the server cannot be reached; whatever the body throws.
    static func open<Result: Sendable>(
        _ server: ServerConnection, _ target: String, _ body: (Frames, JobSocket) async throws -> Result
    ) async throws -> Result {
        let opened: Opened
        do {
            opened = try await connect(server, target)
        } catch let failure as Failure {
            throw failure
        } catch {
            throw ConnectionLost(url: server.url, reason: error)
        }
        guard case .socket(let channel) = opened else {
            throw Failure(.protocolError, "\(server.url) does not open a WebSocket for this job")
        }
        return try await channel.executeThenClose { inbound, outbound in
            try await body(inbound, JobSocket(outbound: outbound))
        }
    }

    private static func connect(_ server: ServerConnection, _ target: String) async throws -> Opened {
        let base = server.socketPath == nil ? server.url : "http://localhost"
        guard let url = URLComponents(string: base + target), let host = url.host else {
            throw Failure(.usage, "the server's URL must look like http://127.0.0.1:8000")
        }
        let isSecure = url.scheme?.lowercased() == "https"
        let name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        let tls = isSecure ? try NIOSSLContext(configuration: server.tlsConfiguration) : nil
        let head = requestHead(url, host: host, token: server.token)
        let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton).connectTimeout(.seconds(5))
        let initialize: @Sendable (any Channel) -> EventLoopFuture<EventLoopFuture<Opened>> = { channel in
            channel.eventLoop.makeCompletedFuture {
                let pipeline = channel.pipeline.syncOperations
                if let tls {
                    // A certificate may be for an address, but only a name can be asked for (RFC 6066 §3).
                    let isAddress = (try? SocketAddress(ipAddress: name, port: 0)) != nil
                    try pipeline.addHandler(
                        NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : name))
                }
                var upgrading = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: upgrade(head))
                // The server's first message may come right behind its answer.
                upgrading.leftOverBytesStrategy = .forwardBytes
                return try pipeline.configureUpgradableHTTPClientPipeline(configuration: upgrading)
            }
        }
        let result: EventLoopFuture<Opened>
        if let path = server.socketPath {
            result = try await bootstrap.connect(unixDomainSocketPath: path, channelInitializer: initialize)
        } else {
            result = try await bootstrap.channelOption(.tcpOption(.tcp_nodelay), value: 1)
                .connect(host: name, port: url.port ?? (isSecure ? 443 : 80), channelInitializer: initialize)
        }
        return try await result.get()
    }

    private static func upgrade(_ head: HTTPRequestHead) -> NIOTypedHTTPClientUpgradeConfiguration<Opened> {
        let upgrader = NIOTypedWebSocketClientUpgrader<Opened>(maxFrameSize: frameLimit) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                .socket(try .wrapping(untaken: channel))
            }
        }
        return NIOTypedHTTPClientUpgradeConfiguration(upgradeRequestHead: head, upgraders: [upgrader]) { channel in
            channel.close(promise: nil)
            return channel.eventLoop.makeSucceededFuture(.refused)
        }
    }

    private static func requestHead(_ url: URLComponents, host: String, token: String?) -> HTTPRequestHead {
        var headers: HTTPHeaders = [
            "Host": url.port.map { "\(host):\($0)" } ?? host, "Sec-WebSocket-Protocol": WebSocketHandshake.version1,
            "User-Agent": "srun/\(BuildInfo.current.version)",
        ]
        if let token { headers.add(name: "Authorization", value: "Bearer \(token)") }
        // A server that lets everybody in still wants to see where an upgrade comes from.
        if token == nil {
            headers.add(name: "Origin", value: "\(url.scheme ?? "http")://\(url.port.map { "\(host):\($0)" } ?? host)")
        }
        let query = url.percentEncodedQuery.map { "?\($0)" } ?? ""
        return HTTPRequestHead(version: .http1_1, method: .GET, uri: url.percentEncodedPath + query, headers: headers)
    }

    // MARK: Sending

    func send(_ message: ClientMessage) async throws {
        try await send(.text, JSONText.bytes(of: message))
    }

    func pong(_ bytes: ByteBuffer) async throws { try await send(.pong, bytes) }

    /// Says goodbye; the other end may be gone already.
    func close() async {
        try? await send(.connectionClose, ByteBuffer(integer: UInt16(1000)))
    }

    /// A client masks what it sends (RFC 6455 §5.3).
    private func send(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) async throws {
        try await outbound.write(WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: bytes))
    }
}
