import NIOCore

/// How long the server waits for the head of a request: so long for its first byte, and from that on at most ``wholeHead``, however
/// its bytes come. Time that the server itself takes, for the requests before, does not count.
final class HeadDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let wholeHead: TimeAmount
    private var progress = HeadProgress()
    private var context: ChannelHandlerContext?
    private var isAwaited = false
    /// Of the first byte, and of the whole.
    private var timers: (first: Scheduled<Void>?, whole: Scheduled<Void>?) = (nil, nil)

    init(wholeHead: TimeAmount) {
        self.wholeHead = wholeHead
    }

    /// The server has answered everything before, and waits for a head.
    func begin(within limit: TimeAmount) {
        guard let context else { return }
        isAwaited = true
        timers.first = schedule(limit, context)
        if progress.hasBegun { limitWhole(context) }
    }

    /// The server waits no more.
    func end() {
        isAwaited = false
        timers.first?.cancel()
        timers.whole?.cancel()
        timers = (nil, nil)
    }

    /// Called behind the parser, for what it has made of the bytes.
    func didParseHead(hasLength: Bool) {
        progress.headIsWhole(hasLength: hasLength)
        timers.whole?.cancel()
        timers.whole = nil
    }

    func didParseEnd() { progress.requestIsWhole() }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let begins = progress.receive(unwrapInboundIn(data).readableBytesView)
        if begins, isAwaited { limitWhole(context) }
        context.fireChannelRead(data)
    }

    private func limitWhole(_ context: ChannelHandlerContext) {
        timers.whole = schedule(wholeHead, context)
    }

    private func schedule(_ limit: TimeAmount, _ context: ChannelHandlerContext) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: limit) {
            // Fired here, so that it arrives where the caller's next words would.
            context.fireErrorCaught(RequestTimeout())
        }
    }

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) {
        end()
        self.context = nil
    }
}

/// Whether anything of the next head is there already, as far as that can be told in front of the parser.
///
/// It cannot when the beginning of a request came in one piece with the body of the one before, if that body's length stood in its
/// head: such a beginning counts from its next byte on.
struct HeadProgress: Sendable {
    private(set) var hasBegun = false
    private var isBetweenRequests = true
    private var hasLength = false
    /// The last four bytes that came.
    private var tail: UInt32 = 0

    /// - Returns: Whether a head begins with these.
    mutating func receive(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
        for byte in bytes.suffix(4) { tail = tail << 8 | UInt32(byte) }
        // An empty line before a request is no request (RFC 9112 §2.2).
        guard isBetweenRequests, !hasBegun,
            bytes.contains(where: { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") })
        else { return false }
        hasBegun = true
        return true
    }

    mutating func headIsWhole(hasLength: Bool) {
        self.hasLength = hasLength
        isBetweenRequests = false
        hasBegun = false
    }

    mutating func requestIsWhole() {
        isBetweenRequests = true
        // A head, and a body in chunks, ends with an empty line.
        hasBegun = !hasLength && tail != 0x0d0a_0d0a
    }
}
