import Foundation
import NIOCore
import SrunKit
import SrunTestSupport
import Synchronization
import Testing

@testable import srun

@Suite("Recordings", .timeLimit(.minutes(1))) struct RecordingTests {
    private let start = Date(timeIntervalSince1970: 1_700_000_000)

    private func job(_ terminal: TerminalSize? = TerminalSize(columns: 80, rows: 24)) throws -> Job {
        let spec = try JobSpec(command: .shell("make \"all\""), terminal: terminal, name: "build")
        let id = JobID(milliseconds: 1, sequence: 1, random: 1)
        return Job(id: id, spec: spec, createdAt: start, node: "test", state: .running(JobRun(startedAt: start)))
    }

    /// The lines that the pieces become, each at so many seconds after the start.
    private func lines(_ job: Job, _ pieces: [(Double, [UInt8])], stream: LogStream = .output) -> [String] {
        var writer = AsciicastWriter(job)
        var offset: Int64 = 0
        var text = ""
        for (seconds, bytes) in pieces {
            let chunk = LogChunk(
                offset: offset, time: start.addingTimeInterval(seconds), stream: stream, bytes: ByteBuffer(bytes: bytes)
            )
            offset = chunk.end
            text += String(buffer: writer.events(of: [chunk]))
        }
        text += String(buffer: writer.finish())
        return text.split(separator: "\n").map(String.init)
    }

    @Test func saysWhatItIs() throws {
        let header = try StrictJSON.parse(AsciicastWriter(job()).header().readableBytesView.dropLast())
        #expect(header["version"] == .number(.integer(2)))
        #expect(header["width"] == .number(.integer(80)))
        #expect(header["height"] == .number(.integer(24)))
        #expect(header["timestamp"] == .number(.integer(1_700_000_000)))
        #expect(header["command"]?.text == "make \"all\"")
        #expect(header["title"]?.text == "build")
        #expect(header["env"]?["TERM"]?.text == "xterm-256color")
    }

    @Test func writesEventsAtTheirTimes() throws {
        let lines = lines(try job(), [(0, Array("a\r\n".utf8)), (1.5, [0x1b, 0x22, 0x5c, 0]), (60.000_001, [0x62])])
        #expect(
            lines == [
                #"[0.000000, "o", "a\r\n"]"#, #"[1.500000, "o", "\u001b\"\\\u0000"]"#, #"[60.000001, "o", "b"]"#,
            ])
    }

    @Test func timesDoNotGoBack() throws {
        let lines = lines(try job(), [(-1, [0x61]), (2, [0x62]), (1, [0x63])])
        #expect(lines.map { String($0.prefix(9)) } == ["[0.000000", "[2.000000", "[2.000000"])
    }

    @Test func cutsNoCharacter() throws {
        let lines = lines(try job(), [(0, [0x61, 0xe2]), (1, [0x82]), (2, [0xac, 0xff]), (3, [0xf0, 0x9f])])
        #expect(
            lines == [
                #"[0.000000, "o", "a"]"#, "[2.000000, \"o\", \"€\u{fffd}\"]", "[3.000000, \"o\", \"\u{fffd}\"]",
            ])
    }

    @Test func addsCarriageReturnsToPipes() throws {
        let lines = lines(try job(nil), [(0, Array("a\nb\r".utf8)), (1, Array("\n\n".utf8))])
        #expect(lines == [#"[0.000000, "o", "a\r\nb\r"]"#, #"[1.000000, "o", "\n\r\n"]"#])
    }

    @Test func anyOutputReadsBackTheSame() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<200 {
            let bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var pieces: [(Double, [UInt8])] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(Int.random(in: 1...8, using: &random))
                pieces.append((Double(pieces.count), Array(piece)))
                rest = rest.dropFirst(piece.count)
            }
            let texts = lines(try job(), pieces).map { RecordedOutput(line: Data($0.utf8))?.text }
            #expect(texts.compactMap(\.self).joined() == String(decoding: bytes, as: UTF8.self))
            #expect(!texts.contains(nil))
        }
    }

    @Test func isServedUpToNow() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            process.print("so far\r\n")
            try await TestSocket.open("/api/jobs/\(id)/logs", on: server) { socket in
                _ = try await socket.nextMessage()
                #expect(try await socket.nextMessage().text == "so far\r\n")
            }
            let response = try await server.request("GET", "/api/jobs/\(id)/recording")
            #expect(response.status == 200)
            #expect(response["content-type"] == "application/x-asciicast")
            let lines = response.bytes.split(separator: UInt8(ascii: "\n"))
            #expect(lines.count == 2)
            #expect(lines.last.flatMap { RecordedOutput(line: Data($0)) }?.text == "so far\r\n")
            #expect(try await server.request("GET", "/api/jobs/none/recording").code == "job_not_found")
        }
    }
}

@Suite("Playing recordings", .timeLimit(.minutes(1))) struct RecordingPlayerTests {
    @Test(
        arguments: [
            (1.0, nil, [0.5, 1.5, 0, 60]), (2.0, nil, [0.25, 0.75, 0, 30]), (1.0, 1.0, [0.5, 1, 0, 1]),
            (0.5, 1.0, [1, 2, 0, 2]), (1.0, 0.0, [0, 0, 0, 0]),
        ] as [(Double, Double?, [Double])])
    func schedules(_ speed: Double, _ idleLimit: Double?, _ pauses: [Double]) {
        var schedule = ReplaySchedule(speed: speed, idleLimit: idleLimit)
        #expect([0.5, 2, 1, 62].map { schedule.pause(before: $0) } == pauses.map { .seconds($0) })
    }

    @Test func showsEachEventInItsTime() async throws {
        let clock = ManualClock()
        let (shown, sink) = AsyncStream<String>.makeStream()
        let playing = Task {
            var events = [RecordedOutput(time: 0, text: "a"), .init(time: 2, text: "b"), .init(time: 2, text: "c")][...]
            var player = RecordingPlayer(schedule: ReplaySchedule(speed: 2), clock: clock)
            try await player.play {
                events.popFirst()
            } show: {
                sink.yield($0)
            }
            sink.finish()
        }
        var texts = shown.makeAsyncIterator()
        #expect(await texts.next() == "a")
        await clock.sleepers()
        clock.advance(by: .milliseconds(999))
        await clock.sleepers()
        clock.advance(by: .milliseconds(1))
        #expect(await texts.next() == "b")
        #expect(await texts.next() == "c")
        #expect(await texts.next() == nil)
        try await playing.value
    }

    @Test func readsOnlyWhatShowsSomething() {
        #expect(
            RecordedOutput(line: Data(#"[1.5, "o", "x\u001b"]"#.utf8)) == RecordedOutput(time: 1.5, text: "x\u{1b}"))
        for line in [#"{"version": 2}"#, #"[1, "r", "80x24"]"#, #"[1, "o"]"#, "", "[", #"["1", "o", "x"]"#] {
            #expect(RecordedOutput(line: Data(line.utf8)) == nil)
        }
    }
}
