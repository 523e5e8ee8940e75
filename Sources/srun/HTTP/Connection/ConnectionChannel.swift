import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Sets up every connection that Hummingbird's server accepts: HTTP/1.1 that may become a WebSocket.
struct ConnectionChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let wrapped: NIOAsyncChannel<ConnectionInput, ConnectionOutput>
        /// Whether there is room for it; otherwise it is only told that there is none.
        let isAdmitted: Bool
        let deadline: NIOLoopBound<HeadDeadline>

        var channel: any Channel { wrapped.channel }
    }

    /// Whoever has not read for so long that our buffer stayed full is cut.
    static let stallLimit = TimeAmount.seconds(30)

    let responder: any Answering
    let limits: WebSocketLimits
    let slots: ConnectionSlots
    /// Nil for plain HTTP.
    let identity: TLSIdentity?

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        let peer = channel.remoteAddress
        let isAdmitted = slots.acquire(peer)
        if isAdmitted { channel.closeFuture.whenComplete { [slots] _ in slots.release(peer) } }
        return channel.eventLoop.makeCompletedFuture {
            var decoding = NIOHTTPDecoderLimitConfiguration()
            decoding.maxHeaderFieldSize = RequestLimits.fieldBytes
            decoding.maxHeaderListSize = RequestLimits.headBytes
            decoding.maxHeaderFieldCount = RequestLimits.fields
            let encoder = HTTPResponseEncoder()
            let validator = NIOHTTPResponseHeadersValidator()
            let deadline = HeadDeadline(wholeHead: HTTPConnection.headLimit)
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(
                    leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .drop,
                    limitConfiguration: decoding))
            let pipeline = channel.pipeline.syncOperations
            if let identity { try pipeline.addHandler(TLSDetector(identity: identity)) }
            try pipeline.addHandler(StallHandler(limit: Self.stallLimit))
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(deadline)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(validator)
            try pipeline.addHandler(
                RequestAdapter(
                    httpHandlers: [validator, encoder, deadline, decoder], deadline: deadline,
                    frameLimit: limits.frameBytes))
            return Value(
                wrapped: try .wrapping(untaken: channel, configuration: .init(isOutboundHalfClosureEnabled: true)),
                isAdmitted: isAdmitted, deadline: NIOLoopBound(deadline, eventLoop: channel.eventLoop))
        }
    }

    func handle(value: Value, logger: Logger) async {
        let (isAdmitted, deadline) = (value.isAdmitted, value.deadline)
        let channel = value.channel
        do {
            try await withTaskCancellationHandler {
                try await value.wrapped.executeThenClose { inbound, outbound in
                    var connection = HTTPConnection(
                        channel: channel, iterator: inbound.makeAsyncIterator(), outbound: outbound,
                        responder: responder, limits: limits, deadline: deadline)
                    if isAdmitted {
                        try await connection.serve()
                    } else {
                        try await connection.turnAway()
                    }
                }
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            // The other end went away in the middle of something: nobody is left to be told.
            logger.trace("connection ended", metadata: ["error": "\(error)"])
        }
    }
}
