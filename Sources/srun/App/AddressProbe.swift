import Foundation
import NIOCore
import NIOPosix

/// Tries whether an address can be had, before anything is written: a start that fails must leave nothing behind.
enum AddressProbe {
    /// - Throws: ``ServerError`` when the server could not listen there.
    static func check(_ address: ListenAddress) async throws {
        do {
            let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .bind(host: address.host, port: address.port).get()
            try await channel.close().get()
        } catch {
            throw ServerError(binding: address.host, port: address.port, error) ?? error
        }
    }
}
