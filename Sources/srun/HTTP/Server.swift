import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import SrunKit

/// The HTTP and WebSocket server: the API, the page, and nothing that outlives a connection.
///
/// On graceful shutdown it stops accepting, ends idle connections, lets answers that are being written finish and WebSockets
/// say how their jobs ended, tells those that go on to come back later (1012), and returns within ``shutdownLimit``. The
/// engine should be shut down before it: then whoever follows a job still sees its end.
struct Server: Service {
    static let shutdownLimit = Duration.seconds(4)

    /// Where the server really listens, with the port that the system has chosen.
    struct BoundAddress: Hashable, Sendable {
        let host: String
        let port: Int
    }

    private let configuration: ServerConfiguration
    private let responder: Responder
    private let logger: Logger
    private let leave: Leave
    private let onReady: @Sendable (BoundAddress) async -> Void

    init(
        engine: Engine, access: Access, configuration: ServerConfiguration, build: BuildInfo, node: String,
        logger: Logger, leave: Leave = Leave(), keeper: KeeperClient? = nil,
        onReady: @escaping @Sendable (BoundAddress) async -> Void
    ) {
        self.configuration = configuration
        self.logger = logger
        self.leave = leave
        self.onReady = onReady
        let audit = AuditLog(store: access.store, logger: logger)
        let jobs = JobRoutes(engine: engine)
        let logs = LogRoutes(engine: engine, timing: configuration.sockets.timing, audit: audit)
        let search = SearchRoutes(engine: engine)
        let recordings = RecordingRoutes(engine: engine)
        let events = EventRoutes(engine: engine)
        let description = ServerDescription(
            node: node, build: build, store: configuration.store, isTeam: engine.isTeam,
            auth: configuration.auth)
        let sessions = SessionRoutes(access: access, server: description)
        let users = UserRoutes(access: access, issuer: configuration.issuer?.settings)
        let tokens = TokenRoutes(access: access)
        let nodes = NodeRoutes(engine: engine, node: node)
        let health = HealthRoutes(engine: engine, build: build)
        let all: [[Route]] = [
            sessions.all, OpenIDRoutes(access: access, issuer: configuration.issuer, audit: audit).all, users.all,
            tokens.all, AuditRoutes(store: access.store).all, health.all, jobs.all, nodes.all,
            logs.all,
            search.all, OpenAPIRoutes().all, recordings.all, events.all, WebRoutes().all,
            UpgradeRoutes(keeper: keeper).all, UsageRoutes(engine: engine).all,
        ]
        let routes = RouteTable(all.flatMap(\.self))
        let forwarding = Forwarding(
            hosts: configuration.hosts, proxies: configuration.proxies,
            scheme: configuration.identity == nil ? .http : .https)
        responder = Responder(
            gate: Gate(
                routes: routes, forwarding: forwarding, access: access, audit: audit,
                vouchingField: configuration.vouchingField,
                starts: configuration.startRate.map { StartThrottle($0) }),
            sockets: WebSocketSlots(configuration.sockets),
            ownership: JobOwnership(engine: engine), logger: logger, demandsHTTPS: configuration.demandsHTTPS)
    }

    var routes: [Route] { responder.gate.routes.routes }

    /// - Throws: ``ServerError`` when the address cannot be had.
    func run() async throws {
        let channel = ConnectionChannel(
            responder: responder, limits: configuration.sockets,
            slots: ConnectionSlots(configuration.connections, proxies: configuration.proxies),
            identity: configuration.identity)
        let socket = try configuration.listener ?? ListeningSocket(host: configuration.host, port: configuration.port)
        let server = SocketServer(
            socket: socket, child: channel, group: MultiThreadedEventLoopGroup.singleton, logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [configuration, leave, onReady] in
                try await server.run(leave: leave) { channel in
                    let address = channel.localAddress
                    await onReady(
                        BoundAddress(
                            host: address?.ipAddress ?? configuration.host, port: address?.port ?? configuration.port))
                }
            }
            group.addTask {
                // Both throw only when cancelled, because the server has ended by itself or was told to at once.
                try? await gracefulShutdown()
                try? await Task.sleep(for: Self.shutdownLimit)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
        guard leave.isAsked else { return }
        leave.finish()
        // The process ends next, or the shutdown has come all the same.
        try? await gracefulShutdown()
    }
}
