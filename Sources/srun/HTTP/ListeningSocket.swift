import Foundation

/// A TCP socket that listens: made before anything is written, so that a start without an address leaves nothing behind, and
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

    func close() { Glibc.close(number) }
}
