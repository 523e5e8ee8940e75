import Foundation
import NIOCore
import SrunKit
import SrunTestSupport
import Testing

/// Typing into real programs on real terminals.
@Suite("Terminal input", .timeLimit(.minutes(1)))
struct TerminalInputTests {
    /// Runs a command on a terminal, and hands over once it has printed `ready`.
    private func run<Result: Sendable>(
        _ command: String, _ body: @Sendable (Engine, JobID) async throws -> Result
    ) async throws -> Result {
        try await withEngine(launcher: LocalProcessLauncher()) { engine in
            let job = try await engine.submit(JobSpec(command: .shell(command), workingDirectory: "/"))
            var feed = try await engine.follow(job.id)
            var text = ""
            while !text.contains("ready"), let chunks = try await feed.next() {
                for chunk in chunks { text += String(buffer: chunk.bytes) }
            }
            return try await body(engine, job.id)
        }
    }

    private func text(_ engine: Engine, _ id: JobID) async throws -> String {
        String(decoding: try await engine.output(of: id), as: UTF8.self)
    }

    @Test func reachesTheProgram() async throws {
        let output = try await run("echo ready; read -r line; echo \"got <$line>\"") { engine, id in
            try await engine.write(ByteBuffer(string: "é x\n"), to: id)
            return try await text(engine, id)
        }
        #expect(output.hasSuffix("got <é x>\r\n"))
    }

    @Test func interruptsWithCtrlC() async throws {
        let job = try await run("trap 'exit 7' INT; echo ready; while :; do sleep 60 & wait; done") { engine, id in
            try await engine.write(ByteBuffer(bytes: [3]), to: id)
            return try await engine.ended(id)
        }
        #expect(job.state.end?.outcome.exitCode == 7)
    }

    @Test func aLotArrivesWholeAndInOrder() async throws {
        // Far more than a terminal holds, so that the writer has to wait for the reader, many times.
        let line = String(repeating: "0123456789abcde", count: 4) + "\n"
        let lines = 4000
        let output = try await run(
            "stty raw -echo; echo ready; head -c \(line.utf8.count * lines) | sha256sum"
        ) { engine, id in
            for _ in 0..<4 {
                try await engine.write(ByteBuffer(string: String(repeating: line, count: lines / 4)), to: id)
            }
            return try await text(engine, id)
        }
        let expected = try await withEngine(launcher: LocalProcessLauncher()) { engine in
            let job = try await engine.submit(
                JobSpec(command: .shell("yes \(line.dropLast()) | head -n \(lines) | sha256sum"), terminal: nil))
            return try await text(engine, job.id)
        }
        #expect(output.contains(expected.prefix(64)))
    }

    @Test func whatTwoPeopleSendIsNotMixed() async throws {
        let size = 60_000
        let output = try await run(
            "stty raw -echo; echo ready; head -c \(2 * size) | tr -s ab; exit"
        ) { engine, id in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for letter in ["a", "b"] {
                    group.addTask {
                        try await engine.write(ByteBuffer(string: String(repeating: letter, count: size)), to: id)
                    }
                }
                try await group.waitForAll()
            }
            return try await text(engine, id)
        }
        #expect(output.hasSuffix("ab") || output.hasSuffix("ba"))
        #expect(!output.contains("aba") && !output.contains("bab"))
    }

    @Test func aProgramThatDoesNotReadStopsNobodyElse() async throws {
        try await run("stty raw -echo; echo ready; exec sleep 600") { engine, id in
            let writing = Task { try await engine.write(ByteBuffer(repeating: 0x61, count: 1 << 20), to: id) }
            // Another job runs meanwhile, and this one can be stopped, which lets the writer go.
            let other = try await engine.submit(JobSpec(command: .shell("echo other")))
            #expect(try await text(engine, other.id) == "other\r\n")
            guard case .ended = try await engine.stop(id) else {
                Issue.record("it ends within the patience of the caller")
                return
            }
            await #expect(throws: EngineError.self) { try await writing.value }
        }
    }

    @Test func aWriterThatWaitsCanBeCancelled() async throws {
        try await run("stty raw -echo; echo ready; exec sleep 600") { engine, id in
            let writing = Task { try await engine.write(ByteBuffer(repeating: 0x61, count: 1 << 20), to: id) }
            writing.cancel()
            await #expect(throws: EngineError.self) { try await writing.value }
        }
    }

    @Test func resizes() async throws {
        let script = "trap 'stty size; exit' WINCH; stty size; echo ready; while :; do sleep 60 & wait; done"
        let output = try await run(script) { engine, id in
            try await engine.resize(id, to: TerminalSize(columns: 91, rows: 37))
            return try await text(engine, id)
        }
        #expect(output == "40 120\r\nready\r\n37 91\r\n")
    }
}
