import Foundation
import NIOCore
import SrunKit
import Testing

@testable import StorePostgres

@Suite("Output that waits beside PostgreSQL")
struct OutputSpoolTests {
    private let job = JobID("a-job")

    private func chunk(at offset: Int64, _ text: String, _ stream: LogStream = .output) -> LogChunk {
        LogChunk(
            offset: offset, time: Date(microseconds: 1_750_000_000_123_456 + offset), stream: stream,
            bytes: ByteBuffer(string: text))
    }

    private func text(_ chunks: [LogChunk]?) -> String {
        (chunks ?? []).map { String(buffer: $0.bytes) }.joined()
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let folder = NSTemporaryDirectory() + "srun-spool-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }

    @Test func keepsOrderTimesAndStreamsAcrossLives() async throws {
        try await withFolder { folder in
            let job = try #require(job)
            let written = [chunk(at: 7, "one "), chunk(at: 11, "two ", .error), chunk(at: 15, "three")]
            try await OutputSpool(folder: folder).add(written, to: job)
            let spool = try OutputSpool(folder: folder)
            #expect(await spool.jobs == [job])
            #expect(await spool.end(of: job) == 20)
            #expect(await spool.batch(of: job, limit: 1 << 20) == written)
            #expect(text(await spool.chunks(of: job, from: 13, limit: 4)) == "o th")
            #expect(await spool.chunks(of: job, from: 6, limit: 4) == nil)
            // What overlaps was there already.
            try await spool.add([chunk(at: 11, "two three"), chunk(at: 20, "!")], to: job)
            #expect(text(await spool.chunks(of: job, from: 7, limit: 100)) == "one two three!")
        }
    }

    @Test func goesWhenTheDatabaseHasAllOfIt() async throws {
        try await withFolder { folder in
            let job = try #require(job)
            let spool = try OutputSpool(folder: folder)
            try await spool.add([chunk(at: 0, "abc"), chunk(at: 3, "def")], to: job)
            await spool.didStore(before: 3, of: job)
            #expect(text(await spool.batch(of: job, limit: 100)) == "def")
            await spool.didStore(before: 6, of: job)
            #expect(await !spool.holds(job))
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }

    @Test func passesOverARecordThatWasCutOff() async throws {
        try await withFolder { folder in
            let job = try #require(job)
            try await OutputSpool(folder: folder).add([chunk(at: 0, "whole"), chunk(at: 5, "cut off")], to: job)
            let file = try #require(FileHandle(forUpdatingAtPath: "\(folder)/\(job)"))
            try file.truncate(atOffset: file.seekToEnd() - 3)
            let spool = try OutputSpool(folder: folder)
            #expect(text(await spool.batch(of: job, limit: 100)) == "whole")
            try await spool.add([chunk(at: 5, " again")], to: job)
            let reopened = try OutputSpool(folder: folder)
            #expect(text(await reopened.batch(of: job, limit: 100)) == "whole again")
        }
    }

    @Test func takesNoMoreThanItsLimit() async throws {
        try await withFolder { folder in
            let job = try #require(job)
            let spool = try OutputSpool(folder: folder)
            let piece = String(repeating: "x", count: 1 << 20)
            var offset: Int64 = 0
            var refusal: StoreError?
            while refusal == nil, offset < 2 * OutputSpool.limit {
                do throws(StoreError) {
                    try await spool.add([chunk(at: offset, piece)], to: job)
                    offset += Int64(piece.utf8.count)
                } catch {
                    refusal = error
                }
            }
            #expect(refusal == StoreError(.unavailable, ""))
            #expect(offset <= OutputSpool.limit && offset > OutputSpool.limit / 2)
            // There is room again once the database has taken something.
            await spool.didStore(before: 4 << 20, of: job)
            try await spool.add([chunk(at: offset, piece)], to: job)
        }
    }
}
