import Foundation
import NIOCore
import NIOHTTP1
import SrunKit
import Testing

@testable import srun

@Suite("Parsing of requests") struct HTTPParsingTests {
    @Test(
        "reads a host",
        arguments: [
            ("localhost", "localhost", nil), ("LocalHost:8000", "localhost", 8000), ("[::1]:80", "::1", 80),
            ("[0:0::1]", "::1", nil),
            ("10.0.0.1:1", "10.0.0.1", 1), ("a-b.example.org", "a-b.example.org", nil),
        ] as [(String, String, Int?)])
    func readsAuthority(_ text: String, _ host: String, _ port: Int?) {
        #expect(Authority(text) == Authority(host: host, port: port))
    }

    @Test(
        "refuses what is no host",
        arguments: [
            "", " ", "a b", "user@host", "host:", "host:+1", "host:65536", "host:80:80", "[::1", "[::1]x", "[a]", "::1",
            "a/b", "a,b",
            "é.example", "host:８０", "[::1\0]", "[::1\0.evil.test]:80", "[fe80::1%eth0]",
            String(repeating: "a", count: 256),
        ])
    func refusesAuthority(_ text: String) { #expect(Authority(text) == nil) }

    @Test(
        "finds its cookie",
        arguments: [
            ("srun_session=a", "a"), ("x=1;\tsrun_session = a=b ;y", "a=b"), ("srun_session=a; srun_session=b", "a"),
            ("srun_session=", ""), ("xsrun_session=a", nil), ("srun_session", nil), ("a;srun_session=b", "b"),
            // Signs with an accent behind them, which a text takes for one sign.
            ("srun_session=\u{338}a", "\u{338}a"), ("x=1;\u{301}srun_session=a", nil),
            ("x=1\u{301};srun_session=b", "b"),
        ] as [(String, String?)])
    func findsCookie(_ field: String, _ value: String?) {
        let session = Credentials(["cookie": field]).session
        #expect(session.map { Array($0.utf8) } == value.map { Array($0.utf8) })
    }

    @Test func knowsItsOwnNames() throws {
        let rule = try HostRule(boundTo: "192.0.2.1", allowedHosts: ["srun.example", "other.example:444"])
        let allows = { (text: String, local: String?) in
            Authority(text).map { rule.allows($0, localAddress: local) } ?? false
        }
        for name in [
            "localhost:1", "127.0.0.1", "[::1]:8000", "192.0.2.1:8000", "SRUN.example", "srun.example:9",
            "other.example:444",
        ] {
            #expect(allows(name, nil), "\(name)")
        }
        for name in [
            "evil.test", "other.example", "other.example:80", "localhost.evil.test", "192.0.2.2", "srun.example.",
        ] {
            #expect(!allows(name, nil), "\(name)")
        }
        #expect(allows("198.51.100.7:8000", "198.51.100.7"))
        #expect(throws: ServerError.self) { try HostRule(boundTo: "::", allowedHosts: ["http://a"]) }
    }

    @Test(
        "knows addresses within a network",
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.2", false), ("192.168.4.0/22", "192.168.7.255", true),
            ("192.168.4.0/22", "192.168.8.0", false),
            ("::1", "::1", true), ("fd00::/8", "fd12::1", true), ("fd00::/8", "fe80::1", false),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("127.0.0.1", "::ffff:127.0.0.1", true), ("0.0.0.0/0", "::1", false),
        ])
    func matchesNetwork(_ range: String, _ address: String, _ expected: Bool) throws {
        let proxies = try TrustedProxies([range])
        #expect(proxies.contains(try SocketAddress(ipAddress: address, port: 1)) == expected)
    }

    @Test(
        "refuses what is no network",
        arguments: ["", "10.0.0.0/33", "10.0.0/8", "a", "10.0.0.0/8/8", "::1/129", "10.0.0.0/", "/8"])
    func refusesNetwork(_ text: String) { #expect(AddressRange(text) == nil) }

    @Test func cutsThePathBeforeDecodingIt() throws {
        let target = try #require(RequestTarget("/api/jobs/a%2Fb/%ff/x%?q=a%20b+c&d"))
        #expect(target.segments.map(\.raw) == ["api", "jobs", "a%2Fb", "%ff", "x%"])
        #expect(target.segments.map(\.decoded) == ["api", "jobs", "a/b", nil, nil])
        #expect(try target.query["q"] == "a b c")
        #expect(try target.query["d"] == "")
        #expect(try target.query["none"] == nil)
        #expect(RequestTarget("http://host:1/a?b")?.authority == Authority(host: "host", port: 1))
        #expect(RequestTarget("*")?.isAsterisk == true)
        // An accent behind a sign makes another sign of it for whoever reads characters.
        let accents = try #require(RequestTarget("/a/\u{301}b?\u{301}c=1&\u{301}d=\u{301}"))
        #expect(accents.segments.map(\.raw) == ["a", "\u{301}b"])
        #expect(try accents.query["\u{301}c"] == "1")
        #expect(try accents.query["\u{301}d"] == "\u{301}")
        for text in ["", "api", "ftp://a/", "http://", "http://a b/", "host:80"] {
            #expect(RequestTarget(text) == nil, "\(text)")
        }
    }

    @Test func refusesAmbiguousQueries() throws {
        #expect(throws: RequestError.self) { try Query("a=1&a=2")["a"] }
        #expect(throws: RequestError.self) { try Query("a=1&b=%zz")["a"] }
        #expect(throws: RequestError.self) { try Query("force=maybe").flag("force") }
        #expect(try Query("force=true").flag("force"))
    }

    @Test(
        "reads one range",
        arguments: [
            ("bytes=0-4", .part(0..<5)), ("bytes=5-", .part(5..<10)), ("bytes=-3", .part(7..<10)),
            ("bytes=-99", .part(0..<10)),
            ("BYTES=9-99", .part(9..<10)), ("bytes=10-", .unsatisfiable), ("bytes=-0", .unsatisfiable),
            ("bytes=0-1,3-4", .everything),
            ("bytes=", .everything), ("bytes=-", .everything), ("bytes=4-2", .everything), ("lines=1-2", .everything),
            ("bytes=a-b", .everything), ("bytes=99999999999999999999-", .everything),
            ("bytes=0-9223372036854775807", .part(0..<10)),
        ] as [(String, ByteRange)])
    func readsRange(_ field: String, _ expected: ByteRange) { #expect(ByteRange(field, total: 10) == expected) }

    @Test(
        "writes times",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"),
            (-1, "1969-12-31T23:59:59.999999Z", "Wed, 31 Dec 1969 23:59:59 GMT"),
            (951_782_400_000_000, "2000-02-29T00:00:00.000000Z", "Tue, 29 Feb 2000 00:00:00 GMT"),
            (1_795_452_529_123_456, "2026-11-23T16:48:49.123456Z", "Mon, 23 Nov 2026 16:48:49 GMT"),
            (4_102_444_799_000_001, "2099-12-31T23:59:59.000001Z", "Thu, 31 Dec 2099 23:59:59 GMT"),
        ] as [(Int64, String, String)])
    func writesTimes(_ microseconds: Int64, _ text: String, _ httpDate: String) {
        let date = Date(microseconds: microseconds)
        #expect(RFC3339.string(from: date) == text)
        #expect(RFC3339.httpDate(from: date) == httpDate)
    }

    @Test func cutsEchoesBetweenCharacters() {
        #expect("aéé".cut(toBytes: 4) == "aé")
        #expect("abc".cut(toBytes: 3) == "abc")
    }
}

@Suite("Body of a new job") struct HTTPJobBodyTests {
    private func spec(_ text: String) throws -> JobSpec { try JobBody.spec(from: StrictJSON.parse(text.utf8)) }

    private func code(_ text: String) -> String? {
        do {
            _ = try spec(text)
            return nil
        } catch let error as RequestError {
            return error.code
        } catch let error as JobSpecError {
            return error.code.rawValue
        } catch {
            return "\(error)"
        }
    }

    @Test func readsEveryField() throws {
        let spec = try spec(
            #"{"argv":["make","-j2"],"cwd":"/tmp","env":{"A":"1"},"tty":{"cols":80,"rows":24},"timeout":1.5,"name":"n","tags":["t"]}"#
        )
        #expect(spec.command == .arguments(["make", "-j2"]))
        #expect(spec.workingDirectory == "/tmp")
        #expect(spec.environment == ["A": "1"])
        #expect(spec.terminal == TerminalSize(columns: 80, rows: 24))
        #expect(spec.timeLimit == .milliseconds(1500))
        #expect(spec.name == "n")
        #expect(spec.tags == ["t"])
    }

    @Test func takesNullAsNotGiven() throws {
        let spec = try spec(
            #"{"command":"x","argv":null,"cwd":null,"env":null,"tty":null,"timeout":null,"name":null,"tags":null}"#)
        #expect(spec == (try JobSpec(command: .shell("x"))))
        #expect(try self.spec(#"{"command":"x","tty":false}"#).terminal == nil)
    }

    @Test(
        "says what is wrong",
        arguments: [
            ("{}", "invalid_command"), (#"{"command":""}"#, "invalid_command"),
            (#"{"command":"  "}"#, "invalid_command"),
            (#"{"command":1}"#, "invalid_command"), (#"{"command":null}"#, "invalid_command"),
            (#"{"command":[]}"#, "invalid_command"),
            (#"{"command":"a\u0000b"}"#, "invalid_command"), (#"{"command":"x","argv":["x"]}"#, "invalid_command"),
            (#"{"argv":[]}"#, "invalid_command"), (#"{"argv":[1]}"#, "invalid_command"),
            (#"{"argv":"x"}"#, "invalid_command"),
            (#"{"command":"x","comand":1}"#, "unknown_field"),
            (#"{"command":"x","tty":{"colums":1}}"#, "unknown_field"),
            (#"{"command":"x","timeout":-1}"#, "invalid_field"), (#"{"command":"x","timeout":0}"#, "invalid_field"),
            (#"{"command":"x","timeout":1e99}"#, "invalid_field"), (#"{"command":"x","timeout":"5"}"#, "invalid_field"),
            (#"{"command":"x","cwd":"relative"}"#, "invalid_field"), (#"{"command":"x","cwd":1}"#, "invalid_field"),
            (#"{"command":"x","env":{"":"1"}}"#, "invalid_field"),
            (#"{"command":"x","env":{"A=B":"1"}}"#, "invalid_field"),
            (#"{"command":"x","env":{"A":1}}"#, "invalid_field"), (#"{"command":"x","env":[]}"#, "invalid_field"),
            (#"{"command":"x","tty":1}"#, "invalid_field"),
            (#"{"command":"x","tty":{"cols":0,"rows":1}}"#, "invalid_field"),
            (#"{"command":"x","tty":{"cols":1.5,"rows":1}}"#, "invalid_field"),
            (#"{"command":"x","tags":["a",1]}"#, "invalid_field"),
            (#"{"command":"x","name":""}"#, "invalid_field"), ("[]", "invalid_field"), ("\"x\"", "invalid_field"),
        ])
    func refuses(_ text: String, _ expected: String) { #expect(code(text) == expected) }

    @Test func namesAnUnknownFieldButNotAllOfIt() throws {
        let name = String(repeating: "é", count: 100)
        #expect { try spec("{\"command\":\"x\",\"\(name)\":1}") } throws: { error in
            (error as? RequestError)?.field == String(repeating: "é", count: 32)
        }
    }

    @Test func knowsTheSizes() {
        #expect(code(#"{"command":"\#(String(repeating: "x", count: 65_536))"}"#) == nil)
        #expect(code(#"{"command":"\#(String(repeating: "x", count: 65_537))"}"#) == "command_too_long")
        let many = (0...256).map { #""K\#($0)":"""# }.joined(separator: ",")
        #expect(code(#"{"command":"x","env":{\#(many)}}"#) == "env_too_large")
        #expect(code(#"{"command":"x","env":{"A":"\#(String(repeating: "x", count: 131_072))"}}"#) == "env_too_large")
    }
}
