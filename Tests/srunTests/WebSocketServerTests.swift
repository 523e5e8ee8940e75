import NIOCore
import SrunKit
import SrunTestSupport
import Testing

@testable import srun

@Suite("WebSockets", .timeLimit(.minutes(1))) struct WebSocketServerTests {
    private func quick(_ change: (inout WebSocketTiming) -> Void = { _ in }) -> WebSocketLimits {
        var limits = WebSocketLimits()
        change(&limits.timing)
        return limits
    }

    // MARK: Opening

    @Test func answersTheKey() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                // The example of RFC 6455 §1.3; the request before it has used the connection.
                try await connection.send("GET /healthz HTTP/1.1\r\n\(server.authorized)\r\n")
                #expect(try await connection.response().status == 200)
                let more = "Sec-WebSocket-Protocol: other, srun.v1\r\n"
                try await connection.send(TestSocket.handshake("/api/events", server, more: more))
                let response = try await connection.response()
                #expect(response.status == 101)
                #expect(response["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
                #expect(response["sec-websocket-protocol"] == "srun.v1")
                var socket = TestSocket(connection: connection)
                #expect(try await socket.nextMessage().json["type"] == "hello")
            }
        }
    }

    @Test(
        "refuses an upgrade that is none",
        arguments: [
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 400),
            ("Sec-WebSocket-Key: dGhl", "Sec-WebSocket-Key: short", 400),
            ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Key: ****************", 400),
            ("Version: 13", "Version: 12", 426),
            ("Sec-WebSocket-Version: 13\r\n", "", 426), ("GET ", "POST ", 400), ("HTTP/1.1", "HTTP/1.0", 400),
            ("Connection: Upgrade", "Connection: close", 400), ("Upgrade: websocket\r\n", "", 400),
            ("GET ", "HEAD ", 400),
            ("Upgrade: websocket\r\n", "Upgrade: websocket\r\nContent-Length: 1\r\n", 400),
        ])
    func refusesUpgrade(_ old: String, _ new: String, _ status: Int) async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                let text = TestSocket.handshake("/api/events", server).split(
                    separator: old, maxSplits: 1, omittingEmptySubsequences: false)
                #expect(text.count == 2)
                try await connection.send(text.joined(separator: new))
                let response = try await connection.response(toHead: new == "HEAD ")
                #expect(response.status == status)
                if new != "HEAD " { #expect(response.code == "bad_upgrade") }
                #expect(response["sec-websocket-version"] == (status == 426 ? "13" : nil))
            }
        }
    }

    @Test func refusesBeforeUpgrading() async throws {
        try await TestServer.run { server in
            try await RawConnection.open(server.port) { connection in
                try await connection.send(TestSocket.handshake("/api/jobs/none/logs", server))
                let response = try await connection.response()
                #expect(response.status == 404)
                #expect(response.code == "job_not_found")
                #expect(try await connection.isAtEnd())
            }
            try await RawConnection.open(server.port) { connection in
                let text = TestSocket.handshake("/api/jobs/none/logs", server)
                try await connection.send(text.split(separator: TestServer.token).joined(separator: "wrong"))
                #expect(try await connection.response().status == 401)
            }
            let id = try await server.start()
            for query in ["from=x", "from=", "from=1.5"] {
                try await RawConnection.open(server.port) { connection in
                    try await connection.send(TestSocket.handshake("/api/jobs/\(id)/logs?\(query)", server))
                    #expect(try await connection.response().code == "invalid_query")
                }
            }
        }
    }

    @Test func needsThePagesOwnOriginForACookie() async throws {
        try await TestServer.run { server in
            let fields = "Host: \(server.host)\r\n"
            let signedIn = try await server.request(
                "POST", "/api/session", fields: fields, body: #"{"token":"\#(TestServer.token)"}"#)
            let cookie = try #require(signedIn["set-cookie"]?.prefix { $0 != ";" })
            let handshake = TestSocket.handshake("/api/events", server)
            let bearer = "Authorization: Bearer \(TestServer.token)"
            for (more, status) in [
                ("", 403), ("\r\nOrigin: \(server.origin)", 101), ("\r\nOrigin: http://localhost", 403),
            ] {
                try await RawConnection.open(server.port) { connection in
                    try await connection.send(
                        handshake.split(separator: bearer).joined(separator: "Cookie: \(cookie)\(more)"))
                    #expect(try await connection.response().status == status)
                }
            }
        }
    }

    @Test func limitsHowManyAreOpen() async throws {
        var limits = WebSocketLimits()
        limits.connections = 1
        try await TestServer.run(sockets: limits) { server in
            try await TestSocket.open("/api/events", on: server) { socket in
                _ = try await socket.next()
                try await RawConnection.open(server.port) { connection in
                    try await connection.send(TestSocket.handshake("/api/events", server))
                    let response = try await connection.response()
                    #expect(response.status == 503)
                    #expect(response.code == "too_many_connections")
                }
                try await socket.send(8, [0x03, 0xe8])
                #expect(try await socket.nextMessage().code == 1000)
                #expect(try await socket.connection.isAtEnd())
            }
        }
    }

    // MARK: Frames

    @Test(
        "ends with the right code",
        arguments: [
            ([0x81, 0x01, 0x61], 1002), (TestSocket.frame(3, []), 1002), (TestSocket.frame(0x41, []), 1002),
            (TestSocket.frame(9, [UInt8](repeating: 0, count: 126)), 1002), (TestSocket.frame(9, [], fin: false), 1002),
            (TestSocket.frame(0, []), 1002), (TestSocket.frame(1, [0xff]), 1007), (TestSocket.frame(2, [1]), 1003),
            (TestSocket.frame(8, [0x03, 0xe7]), 1002), (TestSocket.frame(8, [0x03]), 1002),
            (TestSocket.frame(8, [0x03, 0xe8, 0xff]), 1007),
            (TestSocket.frame(1, [UInt8](repeating: 0x61, count: 65_537)), 1009),
            ([0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4], 1009), (TestSocket.frame(8, []), 1000),
        ] as [([UInt8], Int)])
    func endsWithTheRightCode(_ bytes: [UInt8], _ code: Int) async throws {
        try await TestServer.run { server in
            try await TestSocket.open("/api/events", on: server) { socket in
                #expect(try await socket.next().json["type"] == "hello")
                try await socket.connection.send(bytes: bytes)
                #expect(try await socket.next().code == code)
                #expect(try await socket.connection.isAtEnd())
            }
        }
    }

    @Test func answersPings() async throws {
        try await TestServer.run { server in
            try await TestSocket.open("/api/events", on: server) { socket in
                _ = try await socket.next()
                try await socket.send(9, Array("are you there".utf8))
                let pong = try await socket.next()
                #expect(pong.opcode == 10)
                #expect(pong.text == "are you there")
            }
        }
    }

    @Test func leavesWhoeverIsSilent() async throws {
        let limits = quick {
            $0.ping = .milliseconds(20)
            $0.silence = .milliseconds(60)
        }
        try await TestServer.run(sockets: limits) { server in
            try await TestSocket.open("/api/events", on: server) { socket in
                #expect(try await socket.next().json["type"] == "hello")
                #expect(try await socket.next().opcode == 9)
                _ = try await socket.connection.rest()
            }
        }
    }

    @Test func endsWhenSignedOut() async throws {
        let limits = quick { $0.recheck = .milliseconds(20) }
        try await TestServer.run(sockets: limits) { server in
            let fields = "Host: \(server.host)\r\n"
            let signedIn = try await server.request(
                "POST", "/api/session", fields: fields, body: #"{"token":"\#(TestServer.token)"}"#)
            let cookie = try #require(signedIn["set-cookie"]?.prefix { $0 != ";" })
            try await RawConnection.open(server.port) { connection in
                let handshake = TestSocket.handshake("/api/events", server, more: "Origin: \(server.origin)\r\n")
                let bearer = "Authorization: Bearer \(TestServer.token)"
                try await connection.send(handshake.split(separator: bearer).joined(separator: "Cookie: \(cookie)"))
                #expect(try await connection.response().status == 101)
                var socket = TestSocket(connection: connection)
                #expect(try await socket.nextMessage().json["type"] == "hello")
                let out = try await server.request(
                    "DELETE", "/api/session", fields: fields + "Cookie: \(cookie)\r\nX-Srun-CSRF: 1\r\n")
                #expect(out.status == 200)
                #expect(try await socket.nextMessage().code == 4401)
            }
        }
    }

    @Test func tellsThatTheServerGoesDown() async throws {
        try await TestServer.run { server in
            try await TestSocket.open("/api/events", on: server) { socket in
                _ = try await socket.next()
                await server.shutDown()
                #expect(try await socket.nextMessage().code == 1012)
                try await socket.send(8, [0x03, 0xf4])
                #expect(try await socket.connection.isAtEnd())
            }
        }
    }

    // MARK: Output

    @Test func sendsOutputFromHelloToEnd() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { socket in
                let hello = try await socket.nextMessage().json
                #expect(hello["type"] == "hello")
                #expect(hello["job"] == id)
                #expect(hello["status"] == "running")
                #expect(hello.from == .number(.integer(0)))
                #expect(hello.tty?["cols"] == .number(.integer(120)))
                process.print("a\u{0}é")
                let output = try await socket.nextMessage()
                #expect(output.opcode == 2)
                #expect(output.bytes == [0x61, 0, 0xc3, 0xa9])
                process.print("b")
                #expect(try await socket.nextMessage().text == "b")
                process.end(.code(3))
                let end = try await socket.nextMessage().json
                #expect(end["type"] == "end")
                #expect(end["status"] == "failed")
                #expect(end.exitCode == .number(.integer(3)))
                #expect(end.signal == .null)
                #expect(end.bytes == .number(.integer(5)))
                try await socket.send(#"{"type":"ack","offset":5}"#)
                try await socket.send(8, [0x03, 0xe8])
                #expect(try await socket.nextMessage().code == 1000)
                #expect(try await socket.connection.isAtEnd())
            }
        }
    }

    @Test("resumes", arguments: [("3", 3, "lo\n"), ("-2", 4, "o\n"), ("99", 6, ""), ("6", 6, "")])
    func resumes(_ from: String, _ start: Int64, _ text: String) async throws {
        try await TestServer.run { server in
            let id = try await server.start()
            _ = try await server.engine.ended(#require(JobID(id)))
            try await TestSocket.open("/api/jobs/\(id)/logs?from=\(from)", on: server) { socket in
                let hello = try await socket.nextMessage().json
                #expect(hello.from == .number(.integer(start)))
                if !text.isEmpty { #expect(try await socket.nextMessage().text == text) }
                #expect(try await socket.nextMessage().json["type"] == "end")
            }
        }
    }

    @Test func waitsForTheReader() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            let total = 2 * AckWindow.size
            for _ in 0..<(total / 1024) { process.print(String(repeating: "x", count: 1024)) }
            process.end(.code(0))
            _ = try await server.engine.ended(#require(JobID(id)))
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { socket in
                _ = try await socket.nextMessage()
                var received: Int64 = 0
                while received <= AckWindow.size - AckWindow.leastRoom {
                    received += Int64(try await socket.nextMessage().bytes.count)
                }
                // What was sent by now comes before the answer to this ping; nothing more may be sent.
                try await socket.send(9, [1])
                var frame = try await socket.nextMessage()
                while frame.opcode == 2 {
                    received += Int64(frame.bytes.count)
                    frame = try await socket.nextMessage()
                }
                #expect(frame.opcode == 10)
                #expect(received <= AckWindow.size)
                try await socket.send(#"{"type":"ack","offset":\#(received)}"#)
                while received < total { received += Int64(try await socket.nextMessage().bytes.count) }
                #expect(try await socket.nextMessage().json.bytes == .number(.integer(total)))
            }
        }
    }

    @Test(
        "says what it did not understand and goes on",
        arguments: [
            ("nonsense", "invalid_json"), ("{}", "unknown_message"),
            (#"{"type":"signal","data":"x"}"#, "unknown_message"),
            (#"{"type":"ack"}"#, "invalid_ack"), (#"{"type":"ack","offset":7}"#, "invalid_ack"),
            (#"{"type":"ack","offset":-1}"#, "invalid_ack"),
            (#"{"type":"ack","offset":1.5}"#, "invalid_ack"), ("[]", "unknown_message"),
        ])
    func saysWhatItDidNotUnderstand(_ message: String, _ code: String) async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { socket in
                _ = try await socket.nextMessage()
                try await socket.send(message)
                let answer = try await socket.nextMessage().json
                #expect(answer["type"] == "error")
                #expect(answer["code"] == code)
                process.print("on")
                #expect(try await socket.nextMessage().text == "on")
                process.end(.code(0))
            }
        }
    }

    @Test func closesByItselfWhenTheClientDoesNot() async throws {
        let limits = quick { $0.closing = .milliseconds(20) }
        try await TestServer.run(sockets: limits) { server in
            let id = try await server.start()
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { socket in
                var frame = try await socket.nextMessage()
                while frame.opcode != 8 { frame = try await socket.nextMessage() }
                #expect(frame.code == 1000)
                #expect(try await socket.connection.isAtEnd())
            }
        }
    }

    @Test func speaksLikeTheEarlierToolWhenAskedForNothingElse() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server, more: "") { socket in
                process.print("né")
                let text = try await socket.nextMessage()
                #expect(text.opcode == 1)
                #expect(text.text == "né")
                try await socket.send("whatever")
                process.end(.code(0))
                #expect(try await socket.nextMessage().code == 1000)
                try await socket.send(8, [0x03, 0xe8])
                #expect(try await socket.connection.isAtEnd())
            }
        }
    }

    // MARK: Events

    @Test func tellsWhatHappensToJobs() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            try await TestSocket.open("/api/events", on: server) { socket in
                #expect(try await socket.nextMessage().json["type"] == "hello")
                let id = try await server.start()
                process.end(.signal(9))
                var status: String?
                while status != "failed" {
                    let event = try await socket.nextMessage().json
                    #expect(event["type"] == "job")
                    #expect(event.job?["id"]?.text == id)
                    status = event.job?["status"]?.text
                    if status == "failed" { #expect(event.job?["signal"] == .number(.integer(9))) }
                }
                #expect(try await server.request("DELETE", "/api/jobs/\(id)").status == 200)
                let removed = try await socket.nextMessage().json
                #expect(removed["type"] == "removed")
                #expect(removed["id"] == id)
            }
        }
    }
}
