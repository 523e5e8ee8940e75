import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle

/// Accepts connections on a socket that listens already, and looks after each until it ends.
///
/// Hummingbird's own server opens its socket itself; this one takes it from outside, because the socket outlives the server.
struct SocketServer<Child: ServerChildChannel>: Sendable {
    let socket: ListeningSocket
    let child: Child
    let group: any EventLoopGroup
    let logger: Logger

    private static var leavePause: TimeAmount { .milliseconds(200) }

    /// Runs until a graceful shutdown, or until `leave` is fulfilled, and all connections have ended.
    func run(leave: Leave, onRunning: @escaping @Sendable (any Channel) async -> Void) async throws {
        let quiescing = ServerQuiescingHelper(group: group)
        let server = try await ServerBootstrap(group: group)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(quiescing.makeServerChannelHandler(channel: channel))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(socket.number, serverBackPressureStrategy: nil) { [child, logger] channel in
                child.setup(channel: channel, logger: logger)
            }
        let listener = server.channel
        leave.whenAsked {
            // First nothing more is accepted: it waits in the socket, for the next server. What was accepted has its request on
            // the way, and gets an answer.
            listener.setOption(.autoRead, value: false).whenComplete { _ in
                listener.eventLoop.scheduleTask(in: Self.leavePause) { quiescing.initiateShutdown(promise: nil) }
            }
        }
        try await withGracefulShutdownHandler {
            await onRunning(server.channel)
            try await withThrowingDiscardingTaskGroup { connections in
                try await server.executeThenClose { accepted in
                    for try await channel in accepted {
                        connections.addTask { [child, logger] in await child.handle(value: channel, logger: logger) }
                    }
                }
            }
        } onGracefulShutdown: {
            quiescing.initiateShutdown(promise: nil)
        }
    }
}
