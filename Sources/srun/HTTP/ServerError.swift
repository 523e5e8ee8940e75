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

    /// What the failure of a call that makes a listening socket means (errno).
    init(listening host: String, port: Int, errorNumber: Int32) {
        let address = host.hasPrefix("unix:") ? host : Authority(host: host, port: port).description
        switch errorNumber {
        case EADDRINUSE: self.init(.addressInUse, "address in use: \(address)")
        case EACCES, EPERM: self.init(.permissionDenied, "not allowed to listen on \(address)")
        default: self.init(.addressNotAvailable, "not an address of this machine: \(address)")
        }
    }
}
