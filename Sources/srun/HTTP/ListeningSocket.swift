import Foundation

/// A socket that listens: made before anything is written, so that a start without an address leaves nothing behind, and
/// made by us, so that it can be handed on to the next server while connections wait in it.
struct ListeningSocket: Sendable, Hashable {
    let number: Int32

    private static let backlog: Int32 = 512

    /// One that listens already, from an earlier server.
    init(adopting number: Int32) {
        self.number = number
    }

    /// - Throws: ``ServerError`` when the server cannot listen there.
    init(host: String, port: Int) throws(ServerError) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, String(port), &hints, &found) == 0, let found else {
            throw ServerError(listening: host, port: port, errorNumber: EADDRNOTAVAIL)
        }
        defer { freeaddrinfo(found) }
        let number = socket(
            found.pointee.ai_family, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { throw ServerError(listening: host, port: port, errorNumber: errno) }
        var on: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
        guard bind(number, found.pointee.ai_addr, found.pointee.ai_addrlen) == 0, listen(number, Self.backlog) == 0
        else {
            let failure = errno
            Glibc.close(number)
            throw ServerError(listening: host, port: port, errorNumber: failure)
        }
        self.number = number
    }

    /// A Unix socket, which only its owner can connect to. One that nobody listens to is what a crash has left, and is replaced;
    /// anything else that stands there is not.
    ///
    /// - Throws: ``ServerError``, or ``Failure`` with ``ExitCodes/cannotCreate`` for a path that is taken by something else.
    init(path: String) throws {
        let name = "unix:\(path)"
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw ServerError(.invalidConfiguration, "the path of a Unix socket must be shorter than 108 bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        if let type = try? FileManager.default.attributesOfItem(atPath: path)[.type] as? FileAttributeType {
            guard type == .typeSocket else {
                throw Failure(.cannotCreate, "\(path) exists and is no socket; srun does not replace it")
            }
            guard try !Self.isListenedTo(&address) else {
                throw ServerError(.addressInUse, "address in use: \(name)")
            }
            unlink(path)
        }
        let number = try Self.unixSocket(name)
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let isBound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(number, $0, length) == 0 }
        }
        // Made with the umask, which lets nobody else in; its mode says so too.
        guard isBound, chmod(path, 0o600) == 0, listen(number, Self.backlog) == 0 else {
            let failure = errno
            Glibc.close(number)
            throw ServerError(listening: name, port: 0, errorNumber: failure)
        }
        self.number = number
    }

    /// Another descriptor of the same socket: closing it leaves this one listening.
    ///
    /// - Throws: ``Failure`` with ``ExitCodes/inputOutput`` when there is no descriptor left.
    func duplicate() throws -> ListeningSocket {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Failure(.inputOutput, "too many files are open") }
        return ListeningSocket(adopting: copy)
    }

    private static func unixSocket(_ name: String) throws(ServerError) -> Int32 {
        let number = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard number >= 0 else { throw ServerError(listening: name, port: 0, errorNumber: errno) }
        return number
    }

    private static func isListenedTo(_ address: inout sockaddr_un) throws(ServerError) -> Bool {
        let number = try unixSocket("unix")
        defer { Glibc.close(number) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                // A full backlog is one that somebody has.
                connect(number, $0, length) == 0 || errno == EAGAIN
            }
        }
    }

    func close() { Glibc.close(number) }
}
