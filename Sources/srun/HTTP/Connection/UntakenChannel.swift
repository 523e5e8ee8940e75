import NIOCore

extension NIOAsyncChannel {
    /// Wraps a channel that perhaps nobody takes, as when a server ends, or a caller is cancelled, at the moment a connection stands.
    ///
    /// NIO ends the process when a wrapped channel goes before its writer is finished. Here it stays until the channel is closed,
    /// and by then the writer is.
    ///
    /// - Precondition: Called on the event loop of the channel.
    static func wrapping(untaken channel: any Channel, configuration: Configuration = .init()) throws -> Self {
        let wrapped = try Self(wrappingChannelSynchronously: channel, configuration: configuration)
        channel.closeFuture.whenComplete { _ in withExtendedLifetime(wrapped) {} }
        return wrapped
    }
}
