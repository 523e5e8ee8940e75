import HTTPTypes
import Logging
import NIOCore
import SrunKit
import SrunTestSupport
import Testing

@testable import srun

@Suite("API over HTTP", .timeLimit(.minutes(1))) struct HTTPServerTests {
    @Test func startsListsShowsAndRemovesAJob() async throws {
        try await TestServer.run { server in
            let started = try await server.request(
                "POST", "/api/jobs", body: #"{"command":"x","name":"n","tags":["t"]}"#)
            #expect(started.status == 201)
            let id = try #require(started.json["id"])
            #expect(started["location"] == "/api/jobs/\(id)")
            _ = try await server.engine.ended(#require(JobID(id)))

            let shown = try await server.request("GET", "/api/jobs/\(id)")
            #expect(shown.status == 200)
            #expect(shown.json["status"] == "completed")
            #expect(shown.json.exitCode == .number(.integer(0)))
            #expect(shown.json.outputBytes == .number(.integer(6)))
            guard case .object(let members) = try #require(shown.json.value) else { return #expect(Bool(false)) }
            #expect(
                Set(members.map(\.key)) == [
                    "id", "command", "argv", "cwd", "env", "secretEnv", "tty", "timeout", "name", "tags", "status",
                    "pid",
                    "exitCode", "signal",
                    "reason", "createdAt", "startedAt", "completedAt", "durationSeconds", "node", "outputBytes",
                    "outputDropped",
                    "restartOf", "unknown", "placement", "priority", "group",
                    "createdBy", "stoppedBy", "usage", "stopping", "paused", "limits", "nice", "retries", "retryOf",
                    "retryAt", "attempt",
                ])

            let list = try await server.request("GET", "/api/jobs?status=completed,failed&q=X")
            guard case .array(let jobs) = try #require(list.json.value) else { return #expect(Bool(false)) }
            #expect(jobs.first?["id"]?.text == id)

            #expect(try await server.request("DELETE", "/api/jobs/\(id)").status == 200)
            #expect(try await server.request("DELETE", "/api/jobs/\(id)").code == "job_not_found")
            #expect(try await server.request("GET", "/api/jobs/\(id)").code == "job_not_found")
        }
    }

    @Test func listsWhatHasATagANodeAndAnOwner() async throws {
        try await TestServer.run { server in
            let body = #"{"command": "echo", "tags": ["a&b", "x"]}"#
            let tagged = try await server.request("POST", "/api/jobs", body: body)
            let id = try #require(tagged.json["id"])
            let by = try #require(tagged.json["createdBy"])
            let node = try #require(tagged.json["node"])
            let other = try await server.start()
            func listed(_ query: String) async throws -> [String] {
                let page = try await server.request("GET", "/api/jobs?\(query)")
                guard case .array(let jobs) = try #require(page.json.value) else { return [] }
                return jobs.compactMap { $0["id"]?.text }
            }
            #expect(try await listed("tag=a%26b") == [id])
            #expect(try await listed("tag=a") == [])
            #expect(try await listed("tag=x&by=\(by)&node=\(node)") == [id])
            #expect(try await listed("by=\(by)&tag=") == [other, id])
            #expect(try await listed("by=nobody") == [])
            #expect(try await listed("node=elsewhere") == [])
            let first = try await server.request("GET", "/api/jobs?limit=1&by=\(by)&node=\(node)")
            let link = try #require(first["link"])
            #expect(link.contains("&node=\(node)&by=\(by)>"))
        }
    }

    @Test func leadsFromPageToPage() async throws {
        try await TestServer.run { server in
            var ids: [String] = []
            for _ in 0..<5 { ids.append(try await server.start()) }
            var path = "/api/jobs?limit=2&q=x"
            var seen: [String] = []
            while true {
                let page = try await server.request("GET", path)
                guard case .array(let jobs) = try #require(page.json.value) else { return #expect(Bool(false)) }
                seen += jobs.compactMap { $0["id"]?.text }
                guard let link = page["link"] else { break }
                #expect(link.hasSuffix(">; rel=\"next\""))
                path = String(link.dropFirst().prefix { $0 != ">" })
            }
            #expect(seen == ids.reversed())
        }
    }

    @Test(
        "refuses a listing that cannot be meant",
        arguments: [
            "limit=0", "limit=-1", "limit=1e9", "limit=abc", "limit=501", "limit=", "limit=1&limit=2", "cursor=x",
            "cursor=1.%2F",
            "status=", "status=done", "status=running,", "q=%ff", "q=%", "status=running&status=failed",
        ])
    func refusesListing(_ query: String) async throws {
        try await TestServer.run { server in
            let response = try await server.request("GET", "/api/jobs?\(query)")
            #expect(response.status == 400)
            #expect(response.code == "invalid_query")
            if query.hasPrefix("limit") && !query.contains("&") { #expect(response.text.contains("500")) }
        }
    }

    @Test(
        "refuses a body that is not JSON",
        arguments: [
            ("", 0), ("{", 1), ("{}x", 2), (#"{"command":"x","command":"y"}"#, 15), (#"{"command":"\ud800"}"#, 12),
            ("\u{feff}{}", 0), (String(repeating: "[", count: 33) + String(repeating: "]", count: 33), 32),
        ])
    func refusesJSON(_ body: String, _ offset: Int) async throws {
        try await TestServer.run { server in
            let response = try await server.request("POST", "/api/jobs", body: body)
            #expect(response.status == 400)
            #expect(response.code == "invalid_json")
            #expect(response.json.offset == .number(.integer(Int64(offset))))
            #expect(try await server.engine.jobs(JobQuery()).jobs.isEmpty)
        }
    }

    @Test(
        "refuses media types a form can send",
        arguments: [
            "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonx",
            "",
        ])
    func refusesMediaType(_ type: String) async throws {
        try await TestServer.run { server in
            let response = try await server.request("POST", "/api/jobs", body: #"{"command":"x"}"#, type: type)
            #expect(response.status == 415)
            #expect(response.code == "unsupported_media_type")
            let fine = try await server.request(
                "POST", "/api/jobs", body: #"{"command":"x"}"#, type: "Application/JSON; charset=utf-8")
            #expect(fine.status == 201)
        }
    }

    @Test func refusesALargeBodyByItsLengthWithoutReadingIt() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                try await connection.send(
                    "POST /api/jobs HTTP/1.1\r\n\(server.authorized)Content-Type: application/json\r\nContent-Length: 262145\r\n\r\n{"
                )
                let response = try await connection.response()
                #expect(response.status == 413)
                #expect(response.code == "body_too_large")
                #expect(response["connection"] == "close")
                #expect(try await connection.isAtEnd())
            }
        }
    }

    @Test func refusesALargeBodyByItsChunksAndStopsThere() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                try await connection.send(
                    "POST /api/jobs HTTP/1.1\r\n\(server.authorized)Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                )
                let chunk = "10000\r\n" + String(repeating: " ", count: 65_536) + "\r\n"
                for _ in 0..<5 { try await connection.send(chunk) }
                let response = try await connection.response()
                #expect(response.status == 413)
                #expect(response.code == "body_too_large")
                #expect(try await connection.isAtEnd())
            }
        }
    }

    @Test func takesABodyOfExactlyTheLimit() async throws {
        try await TestServer.run { server in
            let job = #"{"command":"x"}"#
            let body = job + String(repeating: " ", count: RequestLimits.bodyBytes - job.utf8.count)
            let response = try await server.request("POST", "/api/jobs", body: body)
            #expect(response.status == 201)
        }
    }

    @Test func asksForABodyThatWaitsToBeAsked() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                try await connection.send(
                    "POST /api/jobs HTTP/1.1\r\n\(server.authorized)Content-Type: application/json\r\nContent-Length: 15\r\n"
                        + "Expect: 100-continue\r\n\r\n")
                #expect(try await connection.response().status == 100)
                try await connection.send(#"{"command":"x"}"#)
                #expect(try await connection.response().status == 201)
            }
        }
    }

    @Test func answersPipelinedRequestsInOrder() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                let paths = (0..<50).map { $0 % 2 == 0 ? "/healthz" : "/api/jobs/j\($0)" }
                try await connection.send(paths.map { "GET \($0) HTTP/1.1\r\n\(server.authorized)\r\n" }.joined())
                for path in paths {
                    #expect(try await connection.response().status == (path == "/healthz" ? 200 : 404))
                }
            }
        }
    }

    @Test(
        "knows no such job",
        arguments: [
            "..", "%2e%2e", "x%2Fy", "%ff", "%", "'; drop", "0197a9c0-0000-7000-8000-000000000000", "",
            String(repeating: "a", count: 7000),
        ])
    func knowsNoSuchJob(_ id: String) async throws {
        try await TestServer.run { server in
            let id = id.split(separator: " ", omittingEmptySubsequences: false).joined(separator: "%20")
            for (method, path) in [
                ("GET", ""), ("DELETE", ""), ("POST", "/stop"), ("POST", "/restart"), ("GET", "/logs"),
            ] {
                let response = try await server.request(method, "/api/jobs/\(id)\(path)")
                #expect(response.status == 404)
                #expect(response.code == "job_not_found", "\(method) \(path)")
            }
        }
    }

    @Test func tellsTheMethodsOfAPath() async throws {
        try await TestServer.run { server in
            for method in ["PUT", "PATCH", "TRACE"] {
                let response = try await server.request(method, "/api/jobs")
                #expect(response.status == 405)
                #expect(response.code == "method_not_allowed")
                #expect(response["allow"] == "GET, HEAD, OPTIONS, POST")
            }
            let connect = try await server.request("CONNECT", "example.org:443")
            #expect(connect.status == 405)
            #expect(connect["allow"] != nil)

            let options = try await server.request(
                "OPTIONS", "/api/jobs/x", fields: "Host: \(server.host)\r\nOrigin: http://evil.test\r\n")
            #expect(options.status == 204)
            #expect(options["allow"] == "DELETE, GET, HEAD, OPTIONS")
            #expect(!options.fields.keys.contains { $0.hasPrefix("access-control") })

            let head = try await server.request("HEAD", "/api/jobs")
            #expect(head.status == 200)
            #expect(head["content-length"] == "2")
        }
    }

    @Test func stopsRestartsAndRefusesWhatIsTooLateOrTooEarly() async throws {
        let launcher = ScriptedLauncher { _ throws(LaunchError) in ScriptedProcess() }
        try await TestServer.run(launcher: launcher) { server in
            let id = try await server.start()
            let early = try await server.request("DELETE", "/api/jobs/\(id)")
            #expect(early.status == 409)
            #expect(early.code == "still_running")
            #expect(early.json["status"] == "running")

            let restarted = try await server.request("POST", "/api/jobs/\(id)/restart")
            #expect(restarted.status == 200)
            #expect(restarted.json["restartOf"] == id)
            let second = try #require(restarted.json["id"])

            let late = try await server.request("POST", "/api/jobs/\(id)/stop")
            #expect(late.status == 409)
            #expect(late.code == "not_running")
            #expect(late.json["status"] == "stopped")

            async let first = server.request("POST", "/api/jobs/\(second)/stop")
            async let again = server.request("POST", "/api/jobs/\(second)/stop")
            let statuses = try await [first.status, again.status].sorted()
            #expect(statuses == [200, 200] || statuses == [200, 409])

            let third = try await server.start()
            #expect(try await server.request("DELETE", "/api/jobs/\(third)?force=maybe").code == "invalid_query")
            #expect(try await server.request("DELETE", "/api/jobs/\(third)?force=true").status == 200)
            #expect(try await server.request("DELETE", "/api/jobs/\(third)?force=true").status == 404)
        }
    }

    @Test func refusesAFolderThatIsNotThere() async throws {
        try await TestServer.run { server in
            let response = try await server.request(
                "POST", "/api/jobs", body: #"{"command":"x","cwd":"/does/not/exist"}"#)
            #expect(response.status == 400)
            #expect(response.code == "cwd_not_found")
            #expect(response.json["field"] == "cwd")
            #expect(try await server.engine.jobs(JobQuery()).jobs.isEmpty)
        }
    }

    @Test func saysWhoItIsAndHowItFares() async throws {
        try await TestServer.run { server in
            let health = try await server.request("GET", "/healthz", fields: "Host: \(server.host)\r\n")
            #expect(health.status == 200)
            #expect(health.json["status"] == "ok")
            let version = try await server.request("GET", "/api/version")
            #expect(version.json["version"] == BuildInfo.version)
            #expect(version.json["commit"] != nil)
            #expect(version["date"] != nil)
        }
    }

    @Test func carriesItsProtectionOnEveryAnswer() async throws {
        try await TestServer.run { server in
            for path in ["/", "/api/jobs", "/api/nothing", "/nothing", "/healthz"] {
                let response = try await server.request("GET", path)
                #expect(response["content-security-policy"]?.hasPrefix("default-src 'none'; script-src 'self'") == true)
                #expect(response["x-content-type-options"] == "nosniff")
                #expect(response["referrer-policy"] == "no-referrer")
                #expect(response["cross-origin-opener-policy"] == "same-origin")
                #expect(response["cross-origin-resource-policy"] == "same-origin")
                #expect(!response.fields.keys.contains { $0.hasPrefix("access-control") })
                if path.hasPrefix("/api") { #expect(response["cache-control"] == "no-store") }
            }
        }
    }

    @Test(
        "knows nothing else",
        arguments: [
            "/assets/../../secret", "/assets/%2e%2e%2f", "/assets/", "/assets/nothing.js", "/assets/a%00b", "/nothing",
            "/jobs", "/jobs/a/b",
            "/index.html", "/api", "/api/", "/api/nothing", "//",
        ])
    func knowsNothingElse(_ path: String) async throws {
        try await TestServer.run { server in
            let response = try await server.request("GET", path)
            #expect(response.status == 404)
            #expect(response.code == "not_found")
        }
    }

    @Test func showsABrowserThatThereIsNothing() async throws {
        try await TestServer.run(trustedProxies: ["127.0.0.0/8"]) { server in
            let browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n"
            let proxied = "Host: \(server.host)\r\n\(browser)X-Forwarded-Prefix: /tools/srun\r\n"
            let page = try await server.request("GET", "/jobs/a/b?x=<script>", fields: proxied)
            #expect(page.status == 404)
            #expect(page["content-type"] == "text/html; charset=utf-8")
            #expect(page["content-security-policy"]?.contains("default-src 'none'") == true)
            #expect(page.text.contains(#"href="/tools/srun/""#))
            #expect(!page.text.contains("script"))
            for path in ["/api/nothing", "/assets/nothing.js"] {
                let other = try await server.request("GET", path, fields: server.authorized + browser)
                #expect(other.status == 404)
                #expect(other["content-type"]?.hasPrefix("application/json") == true, "\(path)")
            }
        }
    }

    @Test func servesThePageBelowAPrefixOnlyForATrustedProxy() async throws {
        let prefix = "X-Forwarded-Prefix: /tools/srun\r\n"
        try await TestServer.run(trustedProxies: ["127.0.0.0/8"]) { server in
            let page = try await server.request("GET", "/", fields: "Host: \(server.host)\r\n\(prefix)")
            #expect(page.status == 200)
            #expect(page["content-type"] == "text/html; charset=utf-8")
            if WebAssets.embedded.page != nil { #expect(page.text.contains("/tools/srun")) }
            let tag = try #require(page["etag"])
            let again = try await server.request(
                "GET", "/", fields: "Host: \(server.host)\r\n\(prefix)If-None-Match: W/\(tag)\r\n")
            #expect(again.status == 304)
            for _ in 0..<3 { _ = try await server.start() }
            let list = try await server.request("GET", "/api/jobs?limit=1", fields: server.authorized + prefix)
            #expect(list["link"]?.hasPrefix("</tools/srun/api/jobs?cursor=") == true)
            for bad in ["\"><script>", "/a/../b", "/a//b", "a", "/", "/a/", "/a?b", String(repeating: "/a", count: 9)] {
                let response = try await server.request(
                    "GET", "/", fields: "Host: \(server.host)\r\nX-Forwarded-Prefix: \(bad)\r\n")
                #expect(response.status == 400)
                #expect(response.code == "bad_prefix", "\(bad)")
                #expect(!response.text.contains("script"))
            }
        }
        try await TestServer.run { server in
            let page = try await server.request("GET", "/", fields: "Host: \(server.host)\r\n\(prefix)")
            #expect(page.status == 200)
            #expect(!page.text.contains("/tools/srun"))
            let bad = try await server.request(
                "GET", "/", fields: "Host: \(server.host)\r\nX-Forwarded-Prefix: \"><script>\r\n")
            #expect(bad.status == 200)
        }
    }

    @Test func saysThatItsAddressIsTaken() async throws {
        try await TestServer.run { server in
            let second = srun.Server(
                engine: server.engine, access: server.access,
                configuration: try srun.ServerConfiguration(host: "127.0.0.1", port: server.port), build: .current,
                node: "test",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, onReady: { _ in })
            let error = await #expect(throws: ServerError.self) { try await second.run() }
            #expect(error?.code == .addressInUse)
            #expect(error?.description == "address in use: \(server.host)")
        }
    }

    @Test("says that an address is not its own", arguments: ["192.0.2.1", "no.such.host.invalid"])
    func saysThatAnAddressIsForeign(_ host: String) async throws {
        try await TestServer.run { server in
            let second = srun.Server(
                engine: server.engine, access: server.access,
                configuration: try srun.ServerConfiguration(host: host, port: 0),
                build: .current, node: "test", logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                onReady: { _ in })
            let error = await #expect(throws: ServerError.self) { try await second.run() }
            #expect(error?.code == .addressNotAvailable)
        }
    }

    @Test func endsIdleConnectionsWhenItGoesDown() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                try await connection.send("GET /healthz HTTP/1.1\r\n\(server.authorized)\r\n")
                let response = try await connection.response()
                #expect(response["connection"] == nil)
                await server.shutDown()
                #expect(try await connection.isAtEnd())
            }
        }
    }

    @Test func finishesAnAnswerWhenItGoesDown() async throws {
        let process = ScriptedProcess { _, _ in }
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            try await RawConnection.open(server.port) { connection in
                try await connection.send("POST /api/jobs/\(id)/stop HTTP/1.1\r\n\(server.authorized)\r\n")
                for await _ in process.signals { break }
                await server.shutDown()
                process.end(.signal(15))
                let response = try await connection.response()
                #expect(response.status == 200)
                #expect(try await connection.isAtEnd())
            }
        }
    }

    @Test func servesFilesWithTheirTagAndCompressed() async throws {
        let script = ByteBuffer(string: "let a = 1")
        let files = [
            "app.js": script, "app.js.gz": ByteBuffer(bytes: [0x1f, 0x8b]), "app.js.br": ByteBuffer(bytes: [0x0b]),
            "favicon.svg": ByteBuffer(string: "<svg/>"),
        ]
        let assets = WebAssets(files: files)
        #expect(assets.page == nil)
        let asset = try #require(assets["app.js"])
        #expect(asset.plain.bytes == script)
        #expect(Set(([asset.plain] + asset.compressed).map(\.tag)).count == 3)
        for (accepted, coding) in [
            ("gzip, deflate, br", "br"), ("gzip", "gzip"), ("x-gzip", "gzip"), ("br;q=0, *", "gzip"), ("*;q=0", nil),
            ("", nil),
        ] {
            #expect(asset.form(for: [.acceptEncoding: accepted]).coding == coding, "\(accepted)")
        }
        #expect(assets["favicon.svg"]?.compressed.isEmpty == true)
        #expect(assets["app.js.gz"] == nil)
        #expect(assets["index.html"] == nil)
        try await TestServer.run { server in
            guard WebAssets.embedded["app.js"]?.compressed.isEmpty == false else { return }
            for coding in ["br", "gzip"] {
                let fields = "Host: \(server.host)\r\nAccept-Encoding: \(coding)\r\n"
                let response = try await server.request("GET", "/assets/app.js", fields: fields)
                #expect(response["content-encoding"] == coding)
                #expect(response["vary"] == "Accept-Encoding")
                #expect(response["cache-control"] == "no-cache")
                let again = fields + "If-None-Match: \(try #require(response["etag"]))\r\n"
                #expect(try await server.request("GET", "/assets/app.js", fields: again).status == 304)
            }
        }
    }
}
