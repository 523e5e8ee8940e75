import SrunKit
import SrunTestSupport
import StoreMemory
import Testing

@testable import srun

@Suite("Who may call", .timeLimit(.minutes(1))) struct HTTPAccessTests {
    @Test(
        "nothing of the API without proof",
        arguments: [
            ("GET", "/api/jobs"), ("POST", "/api/jobs"), ("GET", "/api/jobs/x"), ("DELETE", "/api/jobs/x"),
            ("POST", "/api/jobs/x/stop"),
            ("POST", "/api/jobs/x/restart"), ("GET", "/api/jobs/x/logs"), ("GET", "/api/jobs/x/recording"),
            ("GET", "/api/events"),
            ("GET", "/api/version"),
            ("GET", "/api/session"), ("DELETE", "/api/session"), ("POST", "/api/session/link"), ("GET", "/api/nothing"),
            ("GET", "/api"),
        ])
    func needsProof(_ method: String, _ path: String) async throws {
        try await TestServer.run { server in
            for proof in [
                "", "Authorization: Bearer wrong\r\n", "Authorization: Basic eDp5\r\n", "Cookie: srun_session=00\r\n",
                "Authorization: Bearer \(TestServer.token)\r\nAuthorization: Bearer \(TestServer.token)\r\n",
            ] {
                let response = try await server.request(method, path, fields: "Host: \(server.host)\r\n\(proof)")
                #expect(response.status == 401)
                #expect(response.code == "unauthorized")
                #expect(response["www-authenticate"] == "Bearer")
            }
            // The token has no business in an address.
            let query = try await server.request(
                method, "\(path)?token=\(TestServer.token)", fields: "Host: \(server.host)\r\n")
            #expect(query.status == 401)
        }
    }

    @Test(
        "only under its own name",
        arguments: [
            "", "Host: evil.test\r\n", "Host: HOST\r\nHost: HOST\r\n", "Host: HOST\r\nHost: evil.test\r\n",
            "Host: \r\n",
            "Host: 127.0.0.1.evil.test\r\n", "Host: a@HOST\r\n", "Host: HOST, evil.test\r\n",
        ])
    func checksHost(_ fields: String) async throws {
        try await TestServer.run { server in
            let fields = fields.split(separator: "HOST", omittingEmptySubsequences: false).joined(
                separator: server.host)
            for path in ["/healthz", "/", "/api/jobs", "/nothing"] {
                try await RawConnection.open(server.port) { connection in
                    try await connection.send("GET \(path) HTTP/1.1\r\n\(fields)\r\n")
                    let response = try await connection.response()
                    #expect(response.status == 421)
                    #expect(response.code == "bad_host")
                    #expect(try await connection.isAtEnd())
                }
            }
        }
    }

    @Test func checksTheAbsoluteForm() async throws {
        try await TestServer.run { server in
            let foreign = try await server.request("GET", "http://evil.test/healthz")
            #expect(foreign.code == "bad_host")
            #expect(try await server.request("GET", "http://\(server.host)/healthz").status == 200)
        }
    }

    @Test func knowsItsOwnAddressAndAllowedNames() async throws {
        try await TestServer.run(allowedHosts: ["srun.example"]) { server in
            for name in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9", "srun.example", "srun.example:444"] {
                let response = try await server.request("GET", "/healthz", fields: "Host: \(name)\r\n")
                #expect(response.status == 200)
            }
        }
    }

    @Test(
        "nothing for another page",
        arguments: [
            "http://evil.test", "null", "http://ORIGIN.evil.test", "http://127.0.0.1:1", "https://ORIGIN",
            "http://ORIGIN/", "HTTP://ORIGIN",
            "http://localhost", "",
        ])
    func checksOrigin(_ origin: String) async throws {
        try await TestServer.run { server in
            let origin = origin.split(separator: "ORIGIN", omittingEmptySubsequences: false).joined(
                separator: server.host)
            let fields = server.authorized + "X-Srun-CSRF: 1\r\nOrigin: \(origin)\r\n"
            let post = try await server.request("POST", "/api/jobs", fields: fields, body: #"{"command":"x"}"#)
            #expect(post.status == 403)
            #expect(post.code == "bad_origin")
            let id = "GET /api/events HTTP/1.1\r\n"
            try await RawConnection.open(server.port) { connection in
                let text = TestSocket.handshake("/api/events", server, more: "Origin: \(origin)\r\n")
                #expect(text.hasPrefix(id))
                try await connection.send(text)
                #expect(try await connection.response().code == "bad_origin")
            }
            // Reading is harmless: without CORS fields the page does not get to see the answer.
            #expect(try await server.request("GET", "/api/jobs", fields: fields).status == 200)
            #expect(try await server.engine.jobs(JobQuery()).jobs.isEmpty)
        }
    }

    private func cookie(_ response: RawResponse) throws -> String {
        let field = try #require(response["set-cookie"])
        #expect(field.contains("; HttpOnly"))
        #expect(field.contains("; SameSite=Strict"))
        #expect(field.contains("; Path=/"))
        #expect(field.contains("; Max-Age=604800"))
        return String(field.prefix { $0 != ";" })
    }

    @Test func signsInWithACodeAndOut() async throws {
        try await TestServer.run { server in
            let link = try await server.request("POST", "/api/session/link")
            let url = try #require(link.json["url"])
            #expect(url.hasPrefix("\(server.origin)/#code="))
            let code = try #require(url.split(separator: "=").last)
            let own = "Host: \(server.host)\r\nOrigin: \(server.origin)\r\n"
            let signedIn = try await server.request("POST", "/api/session", fields: own, body: #"{"code":"\#(code)"}"#)
            #expect(signedIn.status == 200)
            #expect(signedIn.json["user"] == "admin")
            let rights: [JSONValue] = ["view", "operate", "input", "administer"].map { .string($0) }
            #expect(signedIn.json.rights == .array(rights))
            #expect(
                try await server.request("POST", "/api/session", fields: own, body: #"{"code":"\#(code)"}"#).status
                    == 401)

            let session = own + "Cookie: other=1; \(try cookie(signedIn))\r\n"
            #expect(try await server.request("GET", "/api/session", fields: session).status == 200)
            let unprotected = try await server.request("POST", "/api/jobs", fields: session, body: #"{"command":"x"}"#)
            #expect(unprotected.status == 403)
            #expect(unprotected.code == "bad_csrf")
            let csrf = session + "X-Srun-CSRF: 1\r\n"
            #expect(
                try await server.request("POST", "/api/jobs", fields: csrf, body: #"{"command":"x"}"#).status == 201)
            #expect(try await server.request("DELETE", "/api/session", fields: session).code == "bad_csrf")
            let out = try await server.request("DELETE", "/api/session", fields: csrf)
            #expect(out.status == 200)
            #expect(out["set-cookie"]?.contains("Max-Age=0") == true)
            #expect(try await server.request("GET", "/api/session", fields: session).status == 401)
        }
    }

    @Test(
        "refuses a sign-in that is none",
        arguments: [
            "{}", "[]", #"{"code":1}"#, #"{"code":"a","token":"b"}"#, #"{"password":"a"}"#, #"{"code":"a","x":1}"#,
        ])
    func refusesSignIn(_ body: String) async throws {
        try await TestServer.run { server in
            let response = try await server.request(
                "POST", "/api/session", fields: "Host: \(server.host)\r\n", body: body)
            #expect(response.status == 400)
        }
    }

    @Test func slowsDownGuessing() async throws {
        try await TestServer.run { server in
            let fields = "Host: \(server.host)\r\n"
            for _ in 0..<LoginThrottle.freeFailures {
                #expect(
                    try await server.request("POST", "/api/session", fields: fields, body: #"{"token":"wrong"}"#).status
                        == 401)
            }
            let response = try await server.request(
                "POST", "/api/session", fields: fields, body: #"{"token":"\#(TestServer.token)"}"#)
            #expect(response.status == 429)
            #expect(response["retry-after"].flatMap { Int($0) } != nil)
            // Whoever has the token need not sign in.
            #expect(try await server.request("GET", "/api/session").status == 200)
        }
    }

    @Test func protectsAnOpenServerFromPages() async throws {
        try await TestServer.run(access: Access(.none, store: MemoryStore())) { server in
            let fields = "Host: \(server.host)\r\n"
            let session = try await server.request("GET", "/api/session", fields: fields)
            #expect(session.json["user"] == "anonymous")
            #expect(
                try await server.request("POST", "/api/jobs", fields: fields, body: #"{"command":"x"}"#).code
                    == "bad_csrf")
            let csrf = fields + "X-Srun-CSRF: 1\r\n"
            #expect(
                try await server.request("POST", "/api/jobs", fields: csrf, body: #"{"command":"x"}"#).status == 201)
            let foreign = csrf + "Origin: http://evil.test\r\n"
            #expect(
                try await server.request("POST", "/api/jobs", fields: foreign, body: #"{"command":"x"}"#).code
                    == "bad_origin")
            #expect(try await server.request("GET", "/healthz", fields: "Host: evil.test\r\n").code == "bad_host")
        }
    }

    @Test func standsBehindATrustedProxy() async throws {
        let forwarded = "X-Forwarded-Host: srun.example\r\nX-Forwarded-Proto: https\r\n"
        try await TestServer.run(allowedHosts: ["srun.example"], trustedProxies: ["127.0.0.1"]) { server in
            let fields = "Host: backend:8000\r\n\(forwarded)"
            let good = fields + "Origin: https://srun.example\r\n"
            let signedIn = try await server.request(
                "POST", "/api/session", fields: good, body: #"{"token":"\#(TestServer.token)"}"#)
            #expect(signedIn.status == 200)
            #expect(signedIn["set-cookie"]?.hasSuffix("; Secure") == true)
            for origin in ["http://srun.example", "https://srun.example:444", "https://backend:8000"] {
                let response = try await server.request(
                    "POST", "/api/session", fields: fields + "Origin: \(origin)\r\n", body: #"{"token":"x"}"#)
                #expect(response.code == "bad_origin")
            }
            let link = try await server.request(
                "POST", "/api/session/link",
                fields: good + "Authorization: Bearer \(TestServer.token)\r\nX-Forwarded-Prefix: /a\r\n")
            #expect(link.json["url"]?.hasPrefix("https://srun.example/a/#code=") == true)
            // What a browser put before the proxy's own word does not count.
            let listed = try await server.request(
                "GET", "/healthz", fields: "Host: backend\r\nX-Forwarded-Host: evil.test, srun.example\r\n")
            #expect(listed.status == 200)
            let foreign = try await server.request(
                "GET", "/healthz", fields: "Host: \(server.host)\r\nX-Forwarded-Host: evil.test\r\n")
            #expect(foreign.code == "bad_host")
        }
        try await TestServer.run(allowedHosts: ["srun.example"], trustedProxies: ["10.0.0.0/8"]) { server in
            let response = try await server.request(
                "POST", "/api/session", fields: "Host: \(server.host)\r\n\(forwarded)Origin: https://srun.example\r\n",
                body: #"{"token":"\#(TestServer.token)"}"#)
            #expect(response.code == "bad_origin")
        }
    }

    @Test(
        "ends the connection after what is no request",
        arguments: [
            "GET / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "POST /api/jobs HTTP/1.1\r\nHost: HOST\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
            "POST /api/jobs HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
            "POST /api/jobs HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: gzip\r\n\r\n",
            "POST /api/jobs HTTP/1.1\r\nHost: HOST\r\nContent-Length: -1\r\n\r\n",
            "POST /api/jobs HTTP/1.1\r\nHost: HOST\r\nContent-Length: +5\r\n\r\n",
            "GET / HTTP/1.1\r\nHost : HOST\r\n\r\n", "GET / HTTP/1.1\r\nHost: HOST\r\nX: a\r\n b\r\n\r\n",
            "GET / HTTP/9.9\r\nHost: HOST\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}",
            "GET /a b HTTP/1.1\r\nHost: HOST\r\n\r\n",
            "GET example HTTP/1.1\r\nHost: HOST\r\n\r\n", "GET * HTTP/1.1\r\nHost: HOST\r\n\r\n", "NONSENSE",
        ])
    func refusesMalformedRequests(_ text: String) async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                let text = text.split(separator: "HOST", omittingEmptySubsequences: false).joined(
                    separator: server.host)
                try await connection.send(text)
                let response = try await connection.response()
                #expect(response.status == 400)
                #expect(response.code == "bad_request")
                #expect(response["connection"] == "close")
                #expect(try await connection.isAtEnd())
            }
        }
    }

    @Test func limitsTheHeadOfARequest() async throws {
        try await TestServer.run { server in
            for (text, status) in [
                ("GET / HTTP/1.1\r\nX: \(String(repeating: "a", count: 16_385))\r\n\r\n", 431),
                ("GET / HTTP/1.1\r\n" + (0..<101).map { "X-\($0): a\r\n" }.joined() + "\r\n", 431),
                ("GET /\(String(repeating: "a", count: 8192)) HTTP/1.1\r\nHost: \(server.host)\r\n\r\n", 414),
            ] {
                try await RawConnection.open(server.port) { connection in
                    try await connection.send(text)
                    #expect(try await connection.response().status == status)
                    #expect(try await connection.isAtEnd())
                }
            }
        }
    }

    @Test func survivesRandomBytes() async throws {
        try await TestServer.run { server in
            var generator = SeededGenerator(seed: 7)
            for _ in 0..<20 {
                let bytes = (0..<5000).map { _ in UInt8.random(in: 0...255, using: &generator) }
                try await RawConnection.open(server.port) { connection in
                    try await connection.send(bytes: bytes)
                    _ = try? await connection.response()
                }
            }
            #expect(try await server.request("GET", "/healthz").status == 200)
        }
    }
}
