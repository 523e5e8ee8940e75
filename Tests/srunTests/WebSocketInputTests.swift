import Foundation
import SrunKit
import SrunTestSupport
import Testing

@testable import srun

@Suite("Input over WebSockets", .timeLimit(.minutes(1))) struct WebSocketInputTests {
    private func run<Result: Sendable>(
        _ process: ScriptedProcess = ScriptedProcess(),
        _ body: @Sendable (TestServer, String, inout TestSocket) async throws -> Result
    ) async throws -> Result {
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            return try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { socket in
                #expect(try await socket.nextMessage().json["type"] == "hello")
                return try await body(server, id, &socket)
            }
        }
    }

    private static func input(_ bytes: [UInt8]) -> String {
        #"{"type":"input","base64":"\#(Data(bytes).base64EncodedString())"}"#
    }

    /// As a client sends what does not fit into one frame.
    private func sendFragmented(_ text: String, on socket: TestSocket) async throws {
        let bytes = Array(text.utf8)
        let middle = bytes.count / 2
        try await socket.send(1, Array(bytes[..<middle]), fin: false)
        try await socket.send(0, Array(bytes[middle...]))
    }

    @Test func reachesTheTerminalAndIsAcknowledged() async throws {
        let process = ScriptedProcess()
        try await run(process) { _, _, socket in
            let terminal = try #require(process.scriptedTerminal)
            var writes = terminal.writes.makeAsyncIterator()
            try await socket.send(Self.input(Array("ls\r".utf8)))
            #expect(await writes.next() == "ls\r")
            let answer = try await socket.nextMessage().json
            #expect(answer["type"] == "input")
            #expect(answer.bytes == .number(.integer(3)))
            try await socket.send(Self.input([3]))
            #expect(await writes.next() == "\u{3}")
            #expect(try await socket.nextMessage().json.bytes == .number(.integer(4)))
        }
    }

    @Test func holdsNoMoreThanItsLimit() async throws {
        let process = ScriptedProcess(terminal: ScriptedTerminal(reads: false))
        try await run(process) { _, _, socket in
            try await sendFragmented(Self.input([UInt8](repeating: 0x61, count: 65_536)), on: socket)
            try await socket.send(Self.input([0x62]))
            #expect(try await socket.nextMessage().json["code"] == "input_full")
            // Output goes on although the program does not read.
            process.print("on")
            #expect(try await socket.nextMessage().text == "on")
            process.scriptedTerminal?.startReading()
            #expect(try await socket.nextMessage().json.bytes == .number(.integer(65_536)))
            try await socket.send(Self.input([0x63]))
            #expect(try await socket.nextMessage().json.bytes == .number(.integer(65_537)))
        }
    }

    @Test(
        "says why and goes on",
        arguments: [
            (#"{"type":"input"}"#, "invalid_input"), (#"{"type":"input","base64":"*"}"#, "invalid_input"),
            (#"{"type":"input","base64":7}"#, "invalid_input"), (#"{"type":"resize"}"#, "bad_size"),
            (#"{"type":"resize","cols":0,"rows":0}"#, "bad_size"),
            (#"{"type":"resize","cols":100000,"rows":1}"#, "bad_size"),
            (#"{"type":"resize","cols":80.5,"rows":24}"#, "bad_size"),
            (#"{"type":"resize","cols":"80","rows":"24"}"#, "bad_size"),
        ])
    func saysWhy(_ message: String, _ code: String) async throws {
        let process = ScriptedProcess()
        try await run(process) { _, _, socket in
            try await socket.send(message)
            #expect(try await socket.nextMessage().json["code"] == code)
            process.print("on")
            #expect(try await socket.nextMessage().text == "on")
        }
    }

    @Test func refusesMoreThanOneMessageMayHold() async throws {
        try await run { _, _, socket in
            try await sendFragmented(Self.input([UInt8](repeating: 0, count: 65_537)), on: socket)
            #expect(try await socket.nextMessage().json["code"] == "invalid_input")
        }
    }

    @Test func aJobOnPipesHasNoTerminal() async throws {
        let process = ScriptedProcess(terminal: nil)
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let created = try await server.request("POST", "/api/jobs", body: #"{"command":"x","tty":false}"#)
            let id = try #require(created.json["id"])
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { socket in
                _ = try await socket.nextMessage()
                try await socket.send(Self.input([1]))
                #expect(try await socket.nextMessage().json["code"] == "no_terminal")
            }
        }
    }

    @Test func everyFollowerIsToldOfTheSize() async throws {
        try await run { server, id, socket in
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { other in
                _ = try await other.nextMessage()
                try await socket.send(#"{"type":"resize","cols":100,"rows":30}"#)
                let told = try await other.nextMessage()
                #expect(told.text == #"{"cols":100,"rows":30,"type":"resize"}"#)
                #expect(try await socket.nextMessage().text == told.text)
            }
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { late in
                let hello = try await late.nextMessage().json
                #expect(hello.tty?["cols"] == .number(.integer(100)))
            }
        }
    }

    @Test func whoMayOnlyLookIsRefused() async throws {
        let process = ScriptedProcess()
        try await withEngine(launcher: ScriptedLauncher { _ in process }) { engine in
            let job = try await engine.submit(JobSpec(command: .shell("x")))
            let control = TerminalControl(job: job.id, engine: engine, isAllowed: false) {}
            let message = JSONValue.object([.init(key: "base64", value: .string("YQ=="))])
            #expect(await control.input(message)?.code == "forbidden")
            let size = ["cols", "rows"].map { JSONValue.Member(key: $0, value: .number(.integer(80))) }
            #expect(await control.resize(.object(size))?.code == "forbidden")
            #expect(await engine.terminalSizes(job.id)?.size == .standard)
        }
    }
}
