import NIOCore
import NIOSSL

/// Stands first on a port that speaks TLS, looks at the first byte, and goes.
///
/// Whoever speaks plain HTTP here is told so in words they understand, once, instead of by a broken connection. Nothing they
/// sent is looked at beyond that byte.
final class TLSDetector: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// The type of a record with a handshake message (RFC 8446 §5.1).
    private static let handshake: UInt8 = 22

    private static let refusal =
        "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n"
        + "X-Content-Type-Options: nosniff\r\nContent-Length: \(sentence.utf8.count)\r\n\r\n\(sentence)"
    private static let sentence = #"{"code":"tls_required","error":"this port speaks HTTPS only"}"#

    private let identity: TLSIdentity
    private var isRefused = false

    init(identity: TLSIdentity) {
        self.identity = identity
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isRefused, let first = unwrapInboundIn(data).readableBytesView.first else { return }
        guard first == Self.handshake else {
            isRefused = true
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: Self.refusal))).whenComplete { _ in
                channel.close(promise: nil)
            }
            return
        }
        let pipeline = context.pipeline.syncOperations
        do {
            try pipeline.addHandler(NIOSSLServerHandler(context: identity.context), position: .after(self))
        } catch {
            context.close(promise: nil)
            return
        }
        context.fireChannelRead(data)
        pipeline.removeHandler(self, promise: nil)
    }
}
