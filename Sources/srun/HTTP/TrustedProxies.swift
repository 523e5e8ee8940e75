import NIOCore

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The peers whose `X-Forwarded-...` fields are believed. From anybody else these fields are ignored.
struct TrustedProxies: Sendable {
    private let ranges: [AddressRange]

    /// - Throws: ``ServerError`` for text that is neither an address nor a network like `10.0.0.0/8`.
    init(_ texts: [String]) throws(ServerError) {
        var ranges: [AddressRange] = []
        for text in texts {
            guard let range = AddressRange(text) else {
                throw ServerError(
                    .invalidConfiguration, "'\(text)' is neither an address nor a network like 10.0.0.0/8")
            }
            ranges.append(range)
        }
        self.ranges = ranges
    }

    func contains(_ peer: SocketAddress?) -> Bool {
        guard let bytes = peer?.addressBytes else { return false }
        return ranges.contains { $0.contains(bytes) }
    }
}

/// An address, or a network in CIDR notation (RFC 4632).
struct AddressRange: Hashable, Sendable {
    private let bytes: [UInt8]
    private let bits: Int

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let first = parts.first,
            let bytes = IPAddress.bytes(String(first))
        else { return nil }
        var bits = bytes.count * 8
        if parts.count == 2 {
            guard let last = parts.last, let number = UInt8(last), Int(number) <= bits else { return nil }
            bits = Int(number)
        }
        self.bytes = bytes
        self.bits = bits
    }

    func contains(_ address: [UInt8]) -> Bool {
        guard address.count == bytes.count else { return false }
        var remaining = bits
        for (left, right) in zip(bytes, address) {
            guard remaining > 0 else { return true }
            let mask: UInt8 = remaining >= 8 ? 0xff : ~(0xff >> UInt8(remaining))
            guard left & mask == right & mask else { return false }
            remaining -= 8
        }
        return true
    }
}

extension SocketAddress {
    /// 4 or 16 bytes; nil for a Unix socket.
    fileprivate var addressBytes: [UInt8]? { ipAddress.flatMap(IPAddress.bytes) }
}

enum IPAddress {
    /// 4 or 16 bytes; nil when the text is not an address. An IPv4 address in its IPv6 form (RFC 4291 §2.5.5.2) is
    /// IPv4: that is how a socket bound to `::` sees it.
    static func bytes(_ text: String) -> [UInt8]? {
        guard !text.utf8.contains(0) else { return nil }
        var short = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &short) == 1 { return short }
        var long = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &long) == 1 else { return nil }
        let isMapped = long.prefix(10).allSatisfy { $0 == 0 } && long.dropFirst(10).prefix(2).allSatisfy { $0 == 0xff }
        return isMapped ? Array(long.suffix(4)) : long
    }
}
