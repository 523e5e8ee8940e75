import NIOCore
import NIOPosix
import Testing

@testable import srun

@Suite struct HTTPUntakenTests {
    /// NIO would end the process here, so that the test cannot go on when it fails.
    @Test func aConnectionThatNobodyTakesIsNoReasonToCrash() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let listener = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let channel = try await ClientBootstrap(group: group).connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                _ = try NIOAsyncChannel<ByteBuffer, ByteBuffer>.wrapping(untaken: channel)
                return channel
            }
        }
        #expect(channel.isActive)
        try await channel.close()
        try await listener.close()
    }

    @Test func serversMayEndWhileConnectionsCome() async throws {
        for _ in 0..<20 {
            let port = try await TestServer.run { server in
                await withDiscardingTaskGroup { group in
                    for _ in 0..<8 { group.addTask { _ = try? await RawConnection.open(server.port) { _ in } } }
                    group.addTask { await server.shutDown() }
                }
                return server.port
            }
            #expect(port > 0)
        }
    }
}
