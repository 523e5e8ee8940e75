import NIOCore

/// A host and perhaps a port, as `Host` and `Origin` carry them (RFC 9110 §7.2, RFC 3986 §3.2).
struct Authority: Hashable, Sendable, CustomStringConvertible {
    /// In lower case; an IPv6 address in its shortest form, without brackets.
    let host: String
    let port: Int?

    init(host: String, port: Int?) {
        self.host = host
        self.port = port
    }

    /// Returns nil for anything that is not exactly a host with an optional port: no user name, no space, no path.
    init?(_ text: some StringProtocol) {
        guard (1...255).contains(text.utf8.count) else { return nil }
        let host: Substring
        let rest: Substring
        let text = Substring(text)
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { return nil }
            host = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
            // Checked before it is handed to C, where a NUL would be its end.
            guard host.contains(":"), host.utf8.allSatisfy(Self.isAddressByte), Self.address(String(host)) != nil
            else { return nil }
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            host = text[..<end]
            rest = text[end...]
            guard !host.isEmpty, host.utf8.allSatisfy(Self.isNameByte) else { return nil }
        }
        switch rest.first {
        case nil: port = nil
        case ":":
            guard let number = UInt16(rest.dropFirst()), rest.dropFirst().first?.isNumber == true else { return nil }
            port = Int(number)
        default: return nil
        }
        self.host = Self.normalized(String(host))
    }

    /// The one spelling by which hosts are compared.
    static func normalized(_ host: String) -> String {
        address(host) ?? host.lowercased()
    }

    /// Without the port that the scheme implies, as browsers write an origin.
    func withoutDefaultPort(of scheme: Scheme) -> Authority {
        port == scheme.defaultPort ? Authority(host: host, port: nil) : self
    }

    var description: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port.map { "\(name):\($0)" } ?? name
    }

    private static func address(_ text: String) -> String? {
        (try? SocketAddress(ipAddress: text, port: 0))?.ipAddress
    }

    private static func isAddressByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}

enum Scheme: String, Sendable, Hashable {
    case http
    case https

    var defaultPort: Int {
        switch self {
        case .http: 80
        case .https: 443
        }
    }
}
