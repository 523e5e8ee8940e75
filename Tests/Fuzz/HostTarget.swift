import NIOCore
import NIOHTTP1

/// ``Authority``, ``HostRule``, ``Forwarding``, ``RequestTarget`` and ``ByteRange``: what the head of a request says of where it goes.
enum HostTarget: FuzzTarget {
    static let name = "host"

    static let seeds: [[UInt8]] = [
        "localhost:8000\n/api/jobs?limit=1&tag=a%20b\n10.0.0.1, 127.0.0.1\n\n\n\nbytes=0-99\n",
        "srun.example:80\nhttp://srun.example:80/a%2fb/%C3%A9?x=%zz#f\n[::1]:5\nother.example\nhttps\n/tools/srun\nbytes=-5\n",
        "[::1]:8000\n*\nunknown\nSRUN.example\nHTTP\n/../x\nbytes=5-\n",
        "evil.test\n//evil.test/\n::ffff:10.0.0.1\n\n\n/a//b\nbytes=9-1,2-3\n",
        "user@localhost\n/\u{e9}\n\n[::1%25eth0]\n\n/<script>\nbytes=18446744073709551616-\n",
    ].map { [1] + Array($0.utf8) }

    private static let names: Set<String> = ["localhost", "127.0.0.1", "::1", "srun.example", "10.9.8.7"]

    static func run(_ input: inout FuzzInput) {
        let isProxy = input.next() % 2 == 1
        let host = input.line()
        let uri = input.line().text
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: uri)
        head.headers.add(name: "host", value: host.text)
        for name in ["x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-forwarded-prefix"] {
            let value = input.line()
            if !value.isEmpty { head.headers.add(name: name, value: value.text) }
        }
        checkAuthority(host)
        checkRange(input.line().text)
        guard let target = RequestTarget(uri) else { return }
        checkTarget(target, uri)
        guard let hosts = try? HostRule(boundTo: "127.0.0.1", allowedHosts: ["srun.example"]),
            let proxies = try? TrustedProxies(["10.0.0.0/8", "::1"])
        else { return expect(false, "the rules cannot be made") }
        let peer = try? SocketAddress(ipAddress: isProxy ? "10.0.0.1" : "192.0.2.1", port: 1)
        let local = try? SocketAddress(ipAddress: "10.9.8.7", port: 8000)
        let forwarding = Forwarding(hosts: hosts, proxies: proxies)
        if let client = forwarding.client(of: head, peer: peer) {
            expect(IPAddress.bytes(client) != nil, "who asks is no address")
            expect(isProxy || client == "192.0.2.1", "anybody may say who they are")
        }
        guard let base = try? forwarding.base(of: head, target: target, peer: peer, local: local) else { return }
        expect(names.contains(base.authority.host), "a foreign name is ours")
        expect(
            base.url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\"'<>&\\".utf8.contains($0) },
            "the address is not plain")
        expect(isProxy || (base.prefix.isEmpty && base.scheme == .http), "anybody may say where this is")
        if !isProxy { checkAllowed(host) }
    }

    private static func checkAuthority(_ bytes: [UInt8]) {
        guard let authority = Authority(bytes.text) else { return }
        expect(bytes.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"/@?#\\<>\"'".utf8.contains($0) }, "the host is not plain")
        expect(Authority(authority.description) == authority, "the host is another one when it is read again")
    }

    /// The rule once more, as simple as can be: one of our names, and perhaps digits.
    private static func checkAllowed(_ host: [UInt8]) {
        let text = host.text.lowercased()
        if text.hasPrefix("[") { return }
        let name = text.prefix { $0 != ":" }
        expect(names.contains(String(name)), "a foreign name came through")
        let port = text.dropFirst(name.count)
        expect(
            port.isEmpty || port.dropFirst().utf8.allSatisfy { (0x30...0x39).contains($0) },
            "a foreign port came through")
    }

    private static func checkTarget(_ target: RequestTarget, _ uri: String) {
        expect(uri.utf8.count + 1 >= target.path.utf8.count, "the path grew")
        expect(!target.path.contains("?"), "the query is in the path")
        for segment in target.segments {
            expect(!segment.raw.utf8.contains(UInt8(ascii: "/")), "a segment holds a slash")
            guard let decoded = segment.decoded else { continue }
            expect(PercentCoding.decoded(PercentCoding.encoded(decoded)) == decoded, "decoding does not undo encoding")
        }
        _ = try? target.query["limit"]
        _ = try? target.query.flag("tag")
    }

    private static func checkRange(_ field: String) {
        for total: Int64 in [0, 1, 100, .max] {
            guard case .part(let range) = ByteRange(field, total: total) else { continue }
            expect(
                range.lowerBound >= 0 && range.upperBound <= total && !range.isEmpty, "a range is \(range) of \(total)")
        }
        _ = AddressRange(field)
    }
}
