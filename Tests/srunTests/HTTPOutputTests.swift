import SrunKit
import SrunTestSupport
import Testing

@testable import srun

@Suite("Output over HTTP", .timeLimit(.minutes(1))) struct HTTPOutputTests {
    private func withFinishedJob(_ body: @Sendable (TestServer, String) async throws -> Void) async throws {
        try await TestServer.run { server in
            let id = try await server.start()
            _ = try await server.engine.ended(#require(JobID(id)))
            try await body(server, "/api/jobs/\(id)/logs")
        }
    }

    @Test func isServedWholeAndHarmless() async throws {
        try await withFinishedJob { server, path in
            let response = try await server.request("GET", path)
            #expect(response.status == 200)
            #expect(response.text == "hello\n")
            #expect(response["content-type"] == "application/octet-stream")
            #expect(response["accept-ranges"] == "bytes")
            #expect(response["content-disposition"]?.hasPrefix("attachment; filename=") == true)
            #expect(response["content-security-policy"]?.contains("sandbox") == true)
            #expect(response["x-content-type-options"] == "nosniff")
            let head = try await server.request("HEAD", "\(path)?follow=1")
            #expect(head["content-length"] == "6")
        }
    }

    @Test(
        "is served in part",
        arguments: [
            ("bytes=0-1", 206, "he", "bytes 0-1/6"), ("bytes=-2", 206, "o\n", "bytes 4-5/6"),
            ("bytes=4-99", 206, "o\n", "bytes 4-5/6"),
            ("bytes=6-", 416, nil, "bytes */6"), ("bytes=0-1,3-4", 200, "hello\n", nil),
        ] as [(String, Int, String?, String?)])
    func isServedInPart(_ range: String, _ status: Int, _ text: String?, _ contentRange: String?) async throws {
        try await withFinishedJob { server, path in
            let response = try await server.request("GET", path, fields: server.authorized + "Range: \(range)\r\n")
            #expect(response.status == status)
            if let text { #expect(response.text == text) } else { #expect(response.code == "range_not_satisfiable") }
            #expect(response["content-range"] == contentRange)
        }
    }

    @Test(
        "is served from an offset",
        arguments: [
            ("from=0", "hello\n"), ("from=4", "o\n"), ("from=6", ""), ("from=99", ""), ("from=-2", "o\n"),
            ("from=-99", "hello\n"),
            ("from=2&follow=1", "llo\n"), ("follow=1", "hello\n"),
        ])
    func isServedFromAnOffset(_ query: String, _ text: String) async throws {
        try await withFinishedJob { server, path in
            let response = try await server.request("GET", "\(path)?\(query)")
            #expect(response.status == 200)
            #expect(response.text == text)
        }
    }

    @Test(
        "refuses an offset that is none",
        arguments: ["from=", "from=x", "from=1.5", "from=--1", "from=9999999999999999999", "follow=2"])
    func refusesOffset(_ query: String) async throws {
        try await withFinishedJob { server, path in
            let response = try await server.request("GET", "\(path)?\(query)")
            #expect(response.status == 400)
            #expect(response.code == "invalid_query")
        }
    }

    @Test func isFollowedUntilTheJobEnds() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            process.print("first")
            try await RawConnection.open(server.port) { connection in
                try await connection.send("GET /api/jobs/\(id)/logs?follow=1 HTTP/1.1\r\n\(server.authorized)\r\n")
                var lines: [String] = []
                while let line = try await connection.line(), !line.isEmpty { lines.append(line.lowercased()) }
                #expect(lines.first == "http/1.1 200 ok")
                #expect(lines.contains("transfer-encoding: chunked"))
                #expect(try await connection.line() == "5")
                #expect(try await connection.line() == "first")
                process.print("second")
                #expect(try await connection.line() == "6")
                #expect(try await connection.line() == "second")
                process.end(.code(0))
                #expect(try await connection.line() == "0")
                #expect(try await connection.line() == "")
                #expect(try await connection.isAtEnd())
            }
        }
    }

    @Test func isNotFollowedByWhoHasLeft() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            for _ in 0..<20 {
                try await RawConnection.open(server.port) { connection in
                    try await connection.send("GET /api/jobs/\(id)/logs?follow=1 HTTP/1.1\r\n\(server.authorized)\r\n")
                    #expect(try await connection.line() == "HTTP/1.1 200 OK")
                }
            }
            process.end(.code(0))
            // The server ends only when every connection has: what still followed would hold the test up.
        }
    }

    @Test func isCutOffWhenTheServerGoesDownBeforeTheJob() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            try await RawConnection.open(server.port) { connection in
                try await connection.send("GET /api/jobs/\(id)/logs?follow=1 HTTP/1.1\r\n\(server.authorized)\r\n")
                while let line = try await connection.line(), !line.isEmpty {}
                await server.shutDown()
                // Without the last chunk: a body that was cut off must not look whole (RFC 9112 §7.1).
                #expect(try await connection.line() == nil)
            }
        }
    }
}
