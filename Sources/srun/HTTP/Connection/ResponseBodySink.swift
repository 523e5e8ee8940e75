import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOHTTP1

/// Writes the body of an answer behind its head.
///
/// A small answer leaves in one piece. Of a large or endless one each part leaves at once, and the next waits until the
/// connection can take it.
struct ResponseBodySink: ResponseBodyWriter {
    private static let smallBody = 64 * 1024

    private let outbound: NIOAsyncChannelOutboundWriter<ConnectionOutput>
    private let isSmall: Bool
    private var pending: [ConnectionOutput]

    init(head: HTTPResponseHead, outbound: NIOAsyncChannelOutboundWriter<ConnectionOutput>, length: Int?) {
        self.outbound = outbound
        isSmall = length.map { $0 <= Self.smallBody } ?? false
        pending = [.response(.head(head))]
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        pending.append(.response(.body(.byteBuffer(buffer))))
        if !isSmall { try await flush() }
    }

    mutating func write(contentsOf buffers: some Sequence<ByteBuffer>) async throws {
        for buffer in buffers { pending.append(.response(.body(.byteBuffer(buffer)))) }
        if !isSmall { try await flush() }
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await outbound.write(contentsOf: pending + [.response(.end(nil))])
    }

    private mutating func flush() async throws {
        let parts = pending
        pending = []
        try await outbound.write(contentsOf: parts)
    }
}
