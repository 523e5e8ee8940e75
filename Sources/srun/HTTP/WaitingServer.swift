import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves while there is no store yet: whoever asks learns that the server is there, and what it waits for.
struct WaitingServer: Sendable {
    let configuration: ServerConfiguration
    let logger: Logger
    /// A sentence.
    let reason: String

    /// How long answers may take that are being written when the store is there.
    private static let leaveLimit = Duration.seconds(1)

    /// Serves until `leave` is fulfilled. The socket goes on listening, for the server that comes next.
    func run(on listener: ListeningSocket, leave: Leave) async throws {
        let channel = ConnectionChannel(
            responder: WaitingResponder(
                reason: reason, demandsHTTPS: configuration.demandsHTTPS, logger: logger),
            limits: configuration.sockets,
            slots: ConnectionSlots(configuration.connections, proxies: configuration.proxies),
            identity: configuration.identity)
        let server = SocketServer(
            socket: try listener.duplicate(), child: channel, group: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run(leave: leave) { _ in } }
            group.addTask {
                await leave.asked()
                try? await Task.sleep(for: Self.leaveLimit)
            }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}

private struct WaitingResponder: Answering {
    let reason: String
    let demandsHTTPS: Bool
    let logger: Logger

    func admit(_ head: HTTPRequestHead, peer: SocketAddress?, local: SocketAddress?) async -> Responder.Verdict {
        let path = head.uri.prefix { $0 != "?" }
        if path == "/healthz", head.method == .GET || head.method == .HEAD {
            return .response(finished(HealthRoutes.unavailable(reason)))
        }
        return .response(refusal(RequestError(.serviceUnavailable, "storage_unavailable", reason)))
    }

    /// Not reached: nothing is admitted.
    func answer(_ call: Gate.Call, body: ByteBuffer) async -> Responder.Answer {
        .response(refusal(RequestError.storageUnavailable))
    }

    func refusal(_ error: any Error) -> Response {
        finished(Response(RequestError(error, logger: logger)))
    }

    func isValid(_ admission: Access.Admission) async -> Bool { true }

    /// Connections do not stay: the next request is for the server that has the store.
    private func finished(_ response: Response) -> Response {
        var response = response
        SecurityHeaders.add(to: &response, demandsHTTPS: demandsHTTPS)
        response.headers[.retryAfter] = "2"
        response.headers[.connection] = "close"
        return response
    }
}
