import Foundation
import Logging
import NIOCore
import SrunTestSupport
import StoreMemory
import Synchronization
import Testing

@testable import SrunKit

@Suite("Search of all jobs", .timeLimit(.minutes(1)))
struct JobSearchTests {
    /// Puts ended jobs with some output into a store, the last one newest.
    private func fill(_ store: any Store, _ jobs: [(name: String?, output: String)]) async throws -> [Job] {
        var filled: [Job] = []
        for (number, entry) in jobs.enumerated() {
            let start = Date(timeIntervalSince1970: 1_750_000_000 + Double(number))
            let end = JobEnd(
                outcome: JobOutcome(.exited(.code(0))), endedAt: start, outputBytes: Int64(entry.output.utf8.count))
            let spec = JobSpec(stored: .shell("run \(number)"), name: entry.name, tags: ["t\(number)"])
            let id = JobID(milliseconds: UInt64(number), sequence: 0, random: 0)
            let run = JobRun(startedAt: start, processID: 1)
            try await store.insert(Job(id: id, spec: spec, createdAt: start, node: "test", state: .running(run)))
            var offset = 0
            let bytes = Array(entry.output.utf8)
            while offset < bytes.count {
                let part = bytes[offset..<min(bytes.count, offset + 50_000)]
                try await store.append(
                    [LogChunk(offset: Int64(offset), time: start, stream: .output, bytes: ByteBuffer(bytes: part))],
                    to: id)
                offset += part.count
            }
            try await store.advance(id, to: .finished(end, run))
            filled.append(try #require(try await store.job(id)))
        }
        return filled
    }

    private struct Found: Equatable {
        let job: String
        let place: JobSearch.Place

        init(_ job: Job, _ place: JobSearch.Place) {
            self.job = job.id.text
            self.place = place
        }
    }

    /// Everything, by as many searches as that takes.
    private func found(
        _ text: String, in engine: Engine, limit: Int = 100, mostBytes: Int64 = JobSearch.maximumBytes
    ) async throws -> (hits: [Found], searches: Int) {
        var hits: [Found] = []
        var cursor: SearchCursor?
        var searches = 0
        repeat {
            var search = JobSearch(
                engine, index: engine.searchIndex, text: text, ignoresCase: true, limit: limit, after: cursor,
                mostBytes: mostBytes)
            while let page = try await search.next() { hits += page.map { Found($0.job, $0.place) } }
            cursor = search.rest.flatMap { SearchCursor($0.description) }
            #expect((cursor == nil) == (search.rest == nil))
            searches += 1
            try #require(searches < 1000)
        } while cursor != nil
        return (hits, searches)
    }

    @Test func findsWhatIsPrintedAndWhatIsSaid() async throws {
        let store = MemoryStore()
        let jobs = try await fill(
            store,
            [(nil, "a\nNeedle one\n"), ("needle", ""), (nil, "hay\n"), (nil, "x\r\n\u{1b}[31mneed\u{1b}[0mle\r\n")])
        try await withEngine(store: store, launcher: ScriptedLauncher { _ in ScriptedProcess() }) { engine in
            let all = try await found("needle", in: engine)
            #expect(
                all.hits == [
                    Found(jobs[3], .line(offset: 3, number: 2)), Found(jobs[1], .name),
                    Found(jobs[0], .line(offset: 2, number: 2)),
                ])
            let paged = try await found("needle", in: engine, limit: 1)
            #expect(paged.hits == all.hits)
            #expect(paged.searches == 3)
            let tags = try await found("t2", in: engine)
            #expect(tags.hits == [Found(jobs[2], .tag)])
            let short = try await found("a", in: engine)
            #expect(short.hits.map(\.job) == [jobs[2].id.text, jobs[0].id.text])
        }
    }

    @Test func goesOnWithinALongOutput() async throws {
        let store = MemoryStore()
        let line = String(repeating: "-", count: 999)
        let lines = (0..<400).map { $0 % 100 == 77 ? "needle \($0)" : line }
        let jobs = try await fill(store, [(nil, lines.joined(separator: "\n")), (nil, "needle\n")])
        try await withEngine(store: store, launcher: ScriptedLauncher { _ in ScriptedProcess() }) { engine in
            let whole = try await found("needle", in: engine)
            #expect(whole.searches == 1)
            #expect(whole.hits.count == 5)
            let parts = try await found("needle", in: engine, mostBytes: 70_000)
            #expect(parts.hits == whole.hits)
            #expect(parts.searches > 3)
            let first = lines[..<77].reduce(0) { $0 + $1.utf8.count + 1 }
            #expect(whole.hits[1] == Found(jobs[0], .line(offset: Int64(first), number: 78)))
        }
    }

    @Test func oneJobDoesNotHideTheOthers() async throws {
        let store = MemoryStore()
        _ = try await fill(
            store, [(nil, "needle\n"), (nil, (0..<50).map { "needle \($0)\n" }.joined())])
        try await withEngine(store: store, launcher: ScriptedLauncher { _ in ScriptedProcess() }) { engine in
            let all = try await found("needle", in: engine)
            #expect(all.hits.count == JobSearch.linesPerJob + 1)
        }
    }

    @Test func seesARunningJob() async throws {
        let process = ScriptedProcess()
        try await withEngine(launcher: ScriptedLauncher { _ in process }) { engine in
            let job = try await engine.submit(try JobSpec(command: .shell("anything")))
            process.print("early needle\n")
            var feed = try await engine.follow(job.id)
            _ = try await feed.next()
            let all = try await found("early", in: engine)
            #expect(all.hits == [Found(job, .line(offset: 0, number: 1))])
        }
    }
}
