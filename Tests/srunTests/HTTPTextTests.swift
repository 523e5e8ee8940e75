import CZlib
import Foundation
import HTTPTypes
import NIOCore
import SrunKit
import SrunTestSupport
import Testing

@testable import srun

@Suite("Output as text over HTTP", .timeLimit(.minutes(1))) struct HTTPTextTests {
    static let output = "one\r\n\u{1b}[32mgr\u{fc}n\u{1b}[0m\n10%\r20%\nend"
    static let plain = "one\ngr\u{fc}n\n20%\nend"

    /// A job that has printed this and ended.
    static func withJob(
        _ output: String = Self.output, _ body: @Sendable (TestServer, String) async throws -> Void
    ) async throws {
        let launcher = ScriptedLauncher { _ throws(LaunchError) in
            let process = ScriptedProcess()
            process.print(output)
            process.end(.code(0))
            return process
        }
        try await TestServer.run(launcher: launcher) { server in
            let id = try await server.start()
            _ = try await server.engine.ended(#require(JobID(id)))
            try await body(server, "/api/jobs/\(id)")
        }
    }

    @Test(
        "has no escape sequences",
        arguments: [
            ("", plain), ("&from=0", plain), ("&follow=1", plain), ("&from=-3", "end"), ("&from=99", ""),
            ("&from=5", "gr\u{fc}n\n20%\nend"),
        ])
    func hasNoEscapeSequences(_ query: String, _ text: String) async throws {
        try await Self.withJob { server, path in
            let response = try await server.request("GET", "\(path)/logs?format=text\(query)")
            #expect(response.status == 200)
            #expect(response.text == text)
            #expect(response["content-type"] == "text/plain; charset=utf-8")
            #expect(response["x-content-type-options"] == "nosniff")
            #expect(response["content-disposition"]?.hasPrefix("attachment; filename=") == true)
            #expect(response["content-security-policy"]?.contains("sandbox") == true)
            #expect(response["content-length"] == nil)
        }
    }

    @Test func answersHeadWithoutABody() async throws {
        try await Self.withJob { server, path in
            let head = try await server.request("HEAD", "\(path)/logs?format=text&follow=1")
            #expect(head.status == 200)
            #expect(head["content-type"] == "text/plain; charset=utf-8")
        }
    }

    @Test func canTellTheTimeOfEachLine() async throws {
        try await Self.withJob { server, path in
            let response = try await server.request("GET", "\(path)/logs?format=text&timestamps=1")
            let lines = response.text.split(separator: "\n")
            #expect(lines.count == 4)
            for (line, text) in zip(lines, Self.plain.split(separator: "\n")) {
                #expect(line.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z (.*)/)?.1 == text)
            }
        }
    }

    @Test(
        "refuses other forms",
        arguments: ["format=html", "format=", "timestamps=1", "format=raw&timestamps=1", "format=text&timestamps=x"])
    func refusesOtherForms(_ query: String) async throws {
        try await Self.withJob { server, path in
            let response = try await server.request("GET", "\(path)/logs?\(query)")
            #expect(response.status == 400)
            #expect(response.code == "invalid_query")
        }
    }

    @Test func isFollowedLineByLine() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            process.print("fir")
            try await RawConnection.open(server.port) { connection in
                try await connection.send(
                    "GET /api/jobs/\(id)/logs?format=text&follow=1 HTTP/1.1\r\n\(server.authorized)\r\n")
                while let line = try await connection.line(), !line.isEmpty {}
                process.print("st\r\nsec")
                #expect(try await connection.line() == "6")
                #expect(try await connection.line() == "first")
                #expect(try await connection.line() == "")
                process.end(.code(0))
                #expect(try await connection.line() == "3")
                #expect(try await connection.line() == "sec")
                #expect(try await connection.line() == "0")
            }
        }
    }

    @Test("is compressed for who takes it so", arguments: ["", "?follow=1", "?format=text", "?format=text&follow=1"])
    func isCompressed(_ query: String) async throws {
        let long = String(repeating: "a line of output\n", count: 20_000)
        try await Self.withJob(long) { server, path in
            let fields = server.authorized + "Accept-Encoding: br, gzip;q=0.5\r\n"
            let response = try await server.request("GET", "\(path)/logs\(query)", fields: fields)
            #expect(response.status == 200)
            #expect(response["content-encoding"] == "gzip")
            #expect(response["content-length"] == nil)
            #expect(response["vary"] == "Accept-Encoding")
            #expect(response.bytes.count < long.utf8.count / 20)
            #expect(Gunzip.text(response.bytes) == long)
        }
    }

    @Test func isNotCompressedInPartsOrUnasked() async throws {
        try await Self.withJob { server, path in
            for fields in ["Range: bytes=0-2\r\nAccept-Encoding: gzip\r\n", "Accept-Encoding: gzip;q=0\r\n", ""] {
                let response = try await server.request("GET", "\(path)/logs", fields: server.authorized + fields)
                #expect(response["content-encoding"] == nil)
                #expect(Self.output.hasPrefix(response.text))
            }
        }
    }

    @Test func compressedLinesAreNotHeldBack() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            process.print("first\n")
            try await RawConnection.open(server.port) { connection in
                try await connection.send(
                    "GET /api/jobs/\(id)/logs?follow=1 HTTP/1.1\r\n\(server.authorized)Accept-Encoding: gzip\r\n\r\n")
                while let line = try await connection.line(), !line.isEmpty {}
                var bytes: [UInt8] = []
                while Gunzip.text(bytes) != "first\n" {
                    let size = try #require(try await connection.line().flatMap { Int($0, radix: 16) })
                    bytes += try await connection.bytes(size)
                    _ = try await connection.line()
                }
                process.end(.code(0))
                _ = try await connection.rest()
            }
        }
    }

    @Test(arguments: [
        ("gzip", true), ("br, gzip", true), ("GZIP", true), ("*", true), ("gzip;q=0, *", false), ("identity", false),
        ("gzip; q=0.0", false), ("*;q=0", false), ("x-gzip", true), ("", false),
        ("br, gzip;q=0.5", true), ("br", false), ("gzipped", false), ("gzip;q=0.000", false), ("gzip;q=x", false),
    ])
    func knowsWhoTakesGzip(_ field: String, _ expected: Bool) {
        #expect(ContentCoding.isAccepted("gzip", [.acceptEncoding: field]) == expected)
    }
}

@Suite("Search over HTTP", .timeLimit(.minutes(1))) struct HTTPSearchTests {
    private static func results(_ response: RawResponse) throws -> (hits: [SearchHitMessage], end: SearchEndMessage?) {
        let lines = response.text.split(separator: "\n").map { Data($0.utf8) }
        let end = try lines.last.map { try JSONDecoder().decode(SearchEndMessage.self, from: $0) }
        return (try lines.dropLast().map { try JSONDecoder().decode(SearchHitMessage.self, from: $0) }, end)
    }

    @Test(
        "finds lines",
        arguments: [
            ("q=GR", [5], false), ("q=GR&case=1", [], false), ("q=n", [0, 5, 28], false),
            ("q=n&limit=2", [0, 5], true),
            ("q=n&limit=3", [0, 5, 28], false), ("q=n&from=5", [5, 28], false), ("q=20%25", [20], false),
            ("q=10%25", [], false), ("q=%5E%5Cd%2B&regex=1", [20], false), ("q=%5B32m", [], false),
            ("q=E.D%24&regex=1", [28], false), ("q=E.D%24&regex=1&case=1", [], false),
        ] as [(String, [Int64], Bool)])
    func findsLines(_ query: String, _ offsets: [Int64], _ truncated: Bool) async throws {
        try await HTTPTextTests.withJob { server, path in
            let response = try await server.request("GET", "\(path)/search?\(query)")
            #expect(response.status == 200)
            #expect(response["content-type"] == "application/x-ndjson; charset=utf-8")
            let (hits, end) = try Self.results(response)
            #expect(hits.map(\.offset) == offsets)
            #expect(end?.hits == offsets.count)
            #expect(end?.truncated == truncated)
            #expect(end?.bytes == Int64(HTTPTextTests.output.utf8.count))
        }
    }

    @Test func tellsWhereInTheLine() async throws {
        try await HTTPTextTests.withJob { server, path in
            let (hits, _) = try Self.results(try await server.request("GET", "\(path)/search?q=n%0A"))
            #expect(hits.isEmpty)
            let found = try Self.results(try await server.request("GET", "\(path)/search?q=%C3%BCn")).hits
            #expect(found == [SearchHitMessage(offset: 5, line: 2, text: "gr\u{fc}n", start: 2, length: 2)])
        }
    }

    @Test func looksThroughARunningJobUpToItsPresentEnd() async throws {
        let process = ScriptedProcess()
        try await TestServer.run(launcher: ScriptedLauncher { _ throws(LaunchError) in process }) { server in
            let id = try await server.start()
            process.print("first line\nnot ended")
            var feed = try await server.engine.follow(#require(JobID(id)))
            var bytes = 0
            while bytes < 20 { bytes += try await feed.next()?.reduce(0) { $0 + $1.bytes.readableBytes } ?? 0 }
            let (hits, end) = try Self.results(try await server.request("GET", "/api/jobs/\(id)/search?q=n"))
            #expect(hits.map(\.text) == ["first line", "not ended"])
            #expect(end == SearchEndMessage(done: true, hits: 2, bytes: 20, truncated: false))
            process.end(.code(0))
        }
    }

    @Test(
        "refuses what it cannot look for",
        arguments: [
            ("", nil), ("q=", nil), ("q=x&limit=0", nil), ("q=x&limit=1001", nil), ("q=x&from=-1", nil),
            ("q=x&regex=2", nil),
            ("q=a%28b&regex=1", 1), ("q=%2A&regex=1", 0),
        ] as [(String, Int64?)])
    func refuses(_ query: String, _ offset: Int64?) async throws {
        try await HTTPTextTests.withJob { server, path in
            let response = try await server.request("GET", "\(path)/search?\(query)")
            #expect(response.status == 400)
            #expect(response.code == "invalid_query")
            #expect(response.json.offset == offset.map { .number(.integer($0)) })
        }
    }

    @Test func knowsNoOtherJobs() async throws {
        try await TestServer.run { server in
            let response = try await server.request("GET", "/api/jobs/019a9d3c-6b6e-7c3f-8f0a-2f6f0d6f9b1e/search?q=x")
            #expect(response.code == "job_not_found")
        }
    }
}

/// Reads what a server has compressed.
enum Gunzip {
    /// The text so far; nil when the bytes are not gzip.
    static func text(_ bytes: [UInt8]) -> String? {
        var stream = z_stream()
        guard srun_gunzip_begin(&stream) == Z_OK else { return nil }
        defer { inflateEnd(&stream) }
        var input = bytes
        var output: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 64 * 1024)
        return input.withUnsafeMutableBufferPointer { input in
            stream.next_in = input.baseAddress
            stream.avail_in = UInt32(input.count)
            while true {
                let count = piece.withUnsafeMutableBufferPointer { room in
                    stream.next_out = room.baseAddress
                    stream.avail_out = UInt32(room.count)
                    let code = inflate(&stream, Z_SYNC_FLUSH)
                    return code == Z_OK || code == Z_STREAM_END ? room.count - Int(stream.avail_out) : -1
                }
                // No progress any more: all that is there has been read.
                guard count > 0 else { return String(validating: output, as: UTF8.self) }
                output += piece.prefix(count)
            }
        }
    }
}
