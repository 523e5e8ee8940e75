import Foundation

/// Where the server listens: at a port, or at a Unix socket, whose host is `unix:PATH`.
struct ListenAddress: Hashable, Sendable {
    let host: String
    /// 0 lets the system choose.
    let port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST:PORT` or `unix:PATH`; an IPv6 address stands in brackets. Returns nil for anything else.
    init?(_ text: String) {
        if text.hasPrefix(Self.socketPrefix) {
            guard text.utf8.count > Self.socketPrefix.utf8.count else { return nil }
            self.init(host: text, port: 0)
            return
        }
        guard let colon = text.lastIndex(of: ":"), let port = Self.port(text[text.index(after: colon)...]) else {
            return nil
        }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            return nil
        }
        guard !host.isEmpty else { return nil }
        self.init(host: String(host), port: port)
    }

    private static let socketPrefix = "unix:"

    /// The path of the Unix socket; nil for a port.
    var socketPath: String? {
        host.hasPrefix(Self.socketPrefix) ? String(host.dropFirst(Self.socketPrefix.count)) : nil
    }

    /// With an absolute path, where it is one.
    func resolved(in folder: String) -> ListenAddress {
        guard let socketPath, !socketPath.hasPrefix("/") else { return self }
        return ListenAddress(host: "\(Self.socketPrefix)\(folder)/\(socketPath)", port: 0)
    }

    /// A port number without sign or spaces, 0 to 65535.
    static func port(_ text: some StringProtocol) -> Int? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            return nil
        }
        return Int(text).flatMap { $0 <= 65535 ? $0 : nil }
    }

    /// Whether only this machine can connect. A name other than `localhost` may mean anything, so it does not count.
    var isLoopback: Bool {
        if socketPath != nil || host.lowercased() == "localhost" { return true }
        var version4 = in_addr()
        if inet_pton(AF_INET, host, &version4) == 1 { return UInt32(bigEndian: version4.s_addr) >> 24 == 127 }
        return host == "::1"
    }
}

extension ListenAddress: CustomStringConvertible {
    var description: String {
        if socketPath != nil { return host }
        return host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
