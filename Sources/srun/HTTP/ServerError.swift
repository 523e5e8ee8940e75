import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why a server could not begin to serve.
struct ServerError: Error, Sendable, CustomStringConvertible {
    enum Code: Sendable, Hashable {
        case addressInUse
        /// No address of this machine, or a name that has none.
        case addressNotAvailable
        /// A port below 1024, usually.
        case permissionDenied
        /// An allowed host or a trusted proxy that cannot be read.
        case invalidConfiguration
    }

    let code: Code
    let description: String

    init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What an error of binding means; nil when it is none.
    init?(binding host: String, port: Int, _ error: any Error) {
        let address = Authority(host: host, port: port).description
        switch error {
        case let error as IOError:
            switch error.errnoCode {
            case EADDRINUSE: self.init(.addressInUse, "address in use: \(address)")
            case EADDRNOTAVAIL, EAFNOSUPPORT:
                self.init(.addressNotAvailable, "not an address of this machine: \(address)")
            case EACCES, EPERM: self.init(.permissionDenied, "not allowed to listen on \(address)")
            default: return nil
            }
        case is SocketAddressError, is SocketAddressError.UnknownHost:
            self.init(.addressNotAvailable, "not an address of this machine: \(address)")
        default: return nil
        }
    }
}
