import NIOCore
import NIOEmbedded
import Testing

@testable import srun

@Suite("Who does not take an answer") struct HTTPStallTests {
    /// A channel of which a test says whether its buffer is full.
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        try channel.pipeline.syncOperations.addHandler(StallHandler(limit: ConnectionChannel.stallLimit))
        try channel.connect(to: SocketAddress(unixDomainSocketPath: "/x")).wait()
        return channel
    }

    private func fill(_ channel: EmbeddedChannel, _ isFull: Bool) {
        channel.isWritable = !isFull
        channel.pipeline.fireChannelWritabilityChanged()
    }

    @Test func isCutOffAfterThirtySeconds() throws {
        let channel = try channel()
        fill(channel, true)
        channel.embeddedEventLoop.advanceTime(by: .seconds(29))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(1))
        #expect(!channel.isActive)
    }

    @Test func isLeftAloneWhileSomethingIsTaken() throws {
        let channel = try channel()
        for _ in 0..<10 {
            fill(channel, true)
            channel.embeddedEventLoop.advanceTime(by: .seconds(29))
            fill(channel, false)
        }
        channel.embeddedEventLoop.advanceTime(by: .seconds(3600))
        #expect(channel.isActive)
        _ = try channel.finish()
    }
}
