import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Sets up every connection that Hummingbird's server accepts: HTTP/1.1 that may become a WebSocket.
struct ConnectionChannel: ServerChildChannel {
    typealias Value = NIOAsyncChannel<ConnectionInput, ConnectionOutput>

    /// Whoever has not read for so long that our buffer stayed full is cut.
    static let stallLimit = TimeAmount.seconds(60)

    let responder: Responder
    let limits: WebSocketLimits

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            var decoding = NIOHTTPDecoderLimitConfiguration()
            decoding.maxHeaderFieldSize = RequestLimits.fieldBytes
            decoding.maxHeaderListSize = RequestLimits.headBytes
            decoding.maxHeaderFieldCount = RequestLimits.fields
            let encoder = HTTPResponseEncoder()
            let validator = NIOHTTPResponseHeadersValidator()
            let decoder = ByteToMessageHandler(
                HTTPRequestDecoder(
                    leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .drop,
                    limitConfiguration: decoding))
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHandler(StallHandler(limit: Self.stallLimit))
            try pipeline.addHandler(encoder)
            try pipeline.addHandler(decoder)
            try pipeline.addHandler(validator)
            try pipeline.addHandler(
                RequestAdapter(httpHandlers: [validator, encoder, decoder], frameLimit: limits.frameBytes))
            return try NIOAsyncChannel(
                wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true))
        }
    }

    func handle(value: Value, logger: Logger) async {
        let channel = value.channel
        do {
            try await withTaskCancellationHandler {
                try await value.executeThenClose { inbound, outbound in
                    var connection = HTTPConnection(
                        channel: channel, iterator: inbound.makeAsyncIterator(), outbound: outbound,
                        responder: responder,
                        limits: limits)
                    try await connection.serve()
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
