import NIOCore
import NIOHTTP1
import NIOWebSocket

/// The end of a connection's pipeline while it speaks HTTP; it can turn the connection into a WebSocket.
///
/// NIO's own upgrade handler decides by the first request of a connection and is gone after it. Proxies keep
/// connections open and send an upgrade over one that has carried requests before, so here any request can be the one
/// (decision 0021).
final class RequestAdapter: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = ConnectionInput
    typealias OutboundIn = ConnectionOutput
    typealias OutboundOut = HTTPServerResponsePart

    private let httpHandlers: [any RemovableChannelHandler]
    private let deadline: HeadDeadline
    private let frameLimit: Int
    private var requestsInProgress = 0
    private var hasHadRequest = false
    /// How long a new connection may keep a server from going down before it has asked anything.
    private static let firstRequestLimit = TimeAmount.seconds(1)
    private var isQuiescing = false

    /// - Parameter httpHandlers: What an upgrade removes, the decoder last.
    init(httpHandlers: [any RemovableChannelHandler], deadline: HeadDeadline, frameLimit: Int) {
        self.httpHandlers = httpHandlers
        self.deadline = deadline
        self.frameLimit = frameLimit
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        switch part {
        case .head(let head):
            requestsInProgress += 1
            hasHadRequest = true
            deadline.didParseHead(hasLength: head.headers.contains(name: "content-length"))
        case .end: deadline.didParseEnd()
        case .body: break
        }
        context.fireChannelRead(wrapInboundOut(.request(part)))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .response(.head(var head)):
            if isQuiescing { head.headers.replaceOrAdd(name: "connection", value: "close") }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .response(.body(let body)):
            context.write(wrapOutboundOut(.body(body)), promise: promise)
        case .response(.end(let trailers)):
            requestsInProgress -= 1
            context.write(wrapOutboundOut(.end(trailers)), promise: promise)
            if isQuiescing, requestsInProgress <= 0 {
                context.flush()
                context.close(mode: .output, promise: nil)
            }
        case .upgrade(let head):
            upgrade(head, context: context, promise: promise)
        case .frame:
            promise?.fail(ChannelError.operationUnsupported)
        }
    }

    /// The server is going down: an idle connection ends now, a busy one with the answer it is waiting for. One that has
    /// just been opened has a request on its way, and gets an answer.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        isQuiescing = true
        guard requestsInProgress <= 0 else { return }
        if hasHadRequest {
            context.close(promise: nil)
        } else {
            context.eventLoop.assumeIsolated().scheduleTask(in: Self.firstRequestLimit) {
                if self.requestsInProgress <= 0 { context.close(promise: nil) }
            }
        }
    }

    private func upgrade(_ head: HTTPResponseHead, context: ChannelHandlerContext, promise: EventLoopPromise<Void>?) {
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandlers(
                [
                    WebSocketFrameEncoder(), ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: frameLimit)),
                    FrameAdapter(),
                ], position: .after(self))
        } catch {
            promise?.fail(error)
            context.close(promise: nil)
            return
        }
        // This handler goes first: the decoder hands on the bytes it has not parsed when it goes, and they are frames.
        pipeline.removeHandler(self, promise: nil)
        for handler in httpHandlers { pipeline.removeHandler(handler, promise: nil) }
        promise?.succeed()
    }
}

/// The end of a connection's pipeline once it is a WebSocket.
final class FrameAdapter: ChannelDuplexHandler {
    typealias InboundIn = WebSocketFrame
    typealias InboundOut = ConnectionInput
    typealias OutboundIn = ConnectionOutput
    typealias OutboundOut = WebSocketFrame

    private var hasSentClose = false

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.fireChannelRead(wrapInboundOut(.frame(unwrapInboundIn(data))))
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // RFC 6455 §5.5.1: nothing follows a close frame. Several tasks write, and only here is it certain who came
        // first.
        guard case .frame(let frame) = unwrapOutboundIn(data), !hasSentClose else {
            promise?.succeed()
            return
        }
        hasSentClose = frame.opcode == .connectionClose
        context.write(wrapOutboundOut(frame), promise: promise)
    }
}
