import Logging
import NIOCore
import NIOWebSocket
import ServiceLifecycle
import Synchronization

/// What a WebSocket is for.
protocol WebSocketHandler: Sendable {
    /// Sends until there is nothing more to send, or the task is cancelled because the connection ends.
    ///
    /// - Returns: Why the connection is to be closed now.
    func run(_ socket: WebSocketSender) async throws -> WebSocketClose

    /// Takes a message of the client; called in order, beside ``run(_:)``.
    ///
    /// - Returns: Whether it counts against the rate at which a client may send. Acknowledgements do not: a fast reader sends
    ///   many.
    /// - Throws: ``WebSocketClose`` when the connection must end because of it.
    func receive(_ message: WebSocketMessage, _ socket: WebSocketSender) async throws -> WebSocketMessageWeight
}

enum WebSocketMessageWeight: Sendable {
    case free
    case counted
}

/// One connection that has become a WebSocket: it reads, answers pings, and ends in an orderly way for whatever reason.
///
/// Everything runs in child tasks of ``serve(_:_:)``, so nothing is left when it returns.
struct WebSocketConnection: Sendable {
    let channel: any Channel
    let outbound: NIOAsyncChannelOutboundWriter<ConnectionOutput>
    let limits: WebSocketLimits
    let watch: WebSocketWatch
    let logger: Logger

    private var timing: WebSocketTiming { limits.timing }

    func serve(
        _ handler: any WebSocketHandler, _ iterator: inout NIOAsyncChannelInboundStream<ConnectionInput>.AsyncIterator
    ) async {
        let socket = WebSocketSender(outbound)
        let heard = LastHeard()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await run(handler, socket) }
            group.addTask { await ping(socket) }
            group.addTask { await watchForSilence(heard) }
            group.addTask { await watchForSignOut(socket) }
            group.addTask { await watchForShutdown(socket) }
            await read(handler, socket, heard, &iterator)
            group.cancelAll()
        }
    }

    private func run(_ handler: any WebSocketHandler, _ socket: WebSocketSender) async {
        do {
            await close(socket, try await handler.run(socket))
        } catch is CancellationError {
            return
        } catch let error as WebSocketClose {
            await close(socket, error)
        } catch {
            if Task.isCancelled { return }
            logger.debug("websocket failed", metadata: ["error": "\(error)"])
            await close(socket, .failed)
        }
    }

    /// Says why, and gives the other end a moment to say goodbye too.
    private func close(_ socket: WebSocketSender, _ reason: WebSocketClose) async {
        // A connection that takes nothing any more cannot be told.
        try? await socket.close(reason)
        try? await Task.sleep(for: timing.closing)
        if !Task.isCancelled { channel.close(promise: nil) }
    }

    private func read(
        _ handler: any WebSocketHandler, _ socket: WebSocketSender, _ heard: LastHeard,
        _ iterator: inout NIOAsyncChannelInboundStream<ConnectionInput>.AsyncIterator
    ) async {
        var assembler = MessageAssembler(limit: limits.messageBytes)
        var rate = MessageRate(perSecond: limits.messagesPerSecond, burst: limits.messagesAtOnce)
        do {
            while let input = try await iterator.next() {
                guard case .frame(let frame) = input else { continue }
                heard.now()
                switch try assembler.receive(frame) {
                case .message(let message):
                    if case .free = try await handler.receive(message, socket) { continue }
                case .ping(let bytes): try await socket.pong(bytes)
                case .pong: break
                case .incomplete: continue
                case .close(let answer): return try await socket.close(answer)
                }
                // Not refused: whoever types or pastes fast is only read more slowly, and the connection fills up behind it.
                if let pause = rate.count() { try await Task.sleep(for: pause) }
            }
        } catch let error as WebSocketClose {
            try? await socket.close(error)
        } catch let error as NIOWebSocketError {
            try? await socket.close(
                error == .invalidFrameLength ? .tooLarge : .violation("a control frame is whole and short"))
        } catch {
            logger.trace("websocket ended", metadata: ["error": "\(error)"])
        }
    }

    private func ping(_ socket: WebSocketSender) async {
        while (try? await Task.sleep(for: timing.ping)) != nil, (try? await socket.ping()) != nil {}
    }

    /// Apart from the pings, because writing one waits on a connection that is full.
    private func watchForSilence(_ heard: LastHeard) async {
        while (try? await Task.sleep(for: timing.ping)) != nil {
            guard heard.silence >= timing.silence else { continue }
            channel.close(promise: nil)
            return
        }
    }

    private func watchForSignOut(_ socket: WebSocketSender) async {
        while (try? await Task.sleep(for: timing.recheck)) != nil {
            guard await !watch.isStillSignedIn else { continue }
            return await close(socket, .signedOut)
        }
    }

    private func watchForShutdown(_ socket: WebSocketSender) async {
        // Throws only when the connection has ended before.
        guard (try? await gracefulShutdown()) != nil, !Task.isCancelled else { return }
        // Jobs have ended before the server does, so a handler is about to say how: cutting in now would take that away.
        guard (try? await Task.sleep(for: timing.parting)) != nil else { return }
        await close(socket, .goingDown)
    }
}

/// When something last came in.
private final class LastHeard: Sendable {
    private let time = Mutex(ContinuousClock.now)

    func now() { time.withLock { $0 = .now } }

    var silence: Duration { time.withLock { $0.duration(to: .now) } }
}
