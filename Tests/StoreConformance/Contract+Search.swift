import Foundation
import SrunKit
import Testing

/// What ``SearchIndexing`` promises. A store without it has nothing to prove here: its jobs are searched by reading.
extension StoreContract {
    public static let searching = [
        StoreRequirement("every job is unindexed at first, newest first, page by page", listsUnindexed),
        StoreRequirement("an indexed part is a candidate for every text in it", findsParts),
        StoreRequirement("blocks of several jobs, and several of one, go in together", indexesTogether),
        StoreRequirement("what is said of a job makes it a candidate", findsFacts),
        StoreRequirement("candidates come newest first, page by page", pagesCandidates),
        StoreRequirement("a block that is repeated or out of place changes nothing", ignoresOtherBlocks),
        StoreRequirement("a removed job takes its part of the index with it", removalEmptiesIndex),
        StoreRequirement("the index is where it was after a restart", needs: .durability, indexOutlivesClose),
    ]

    private typealias IndexedStore = any Store & SearchIndexing

    private static func block(
        _ number: Int, _ range: Range<Int64>, _ text: String, line: Int64 = 1, next: Int64 = 2, isLast: Bool = false
    ) -> IndexBlock {
        IndexBlock(job: id(number), range: range, line: line, nextLine: next, text: text, isLast: isLast)
    }

    private static func found(_ text: String, in store: IndexedStore) async throws -> [SearchCandidate] {
        try await store.candidates(for: text, after: nil, limit: 100)
    }

    private static func candidate(_ number: Int, _ parts: (Range<Int64>, Int64)...) -> SearchCandidate {
        SearchCandidate(job: JobCursor(job(number)), parts: parts.map { .init(range: $0.0, line: $0.1) })
    }

    @Sendable static func listsUnindexed(_ store: any Store) async throws {
        guard let store = store as? IndexedStore else { return }
        for number in 1...7 { try await store.insert(job(number, number == 3 ? running : finished(outputBytes: 77))) }
        try await store.append([chunk(at: 0, "hello")], to: id(3))
        var place: JobCursor?
        var seen: [IndexPosition] = []
        repeat {
            let page = try await store.unindexed(after: place, limit: 3)
            seen += page
            place = page.last?.job
        } while place != nil
        #expect(
            seen
                == (1...7).reversed().map { number in
                    IndexPosition(
                        job: JobCursor(job(number)), offset: 0, line: 1, outputBytes: number == 3 ? 5 : 77,
                        hasEnded: number != 3)
                })
        try await store.index([block(5, 0..<10, "x", next: 4)])
        try await store.index([block(4, 0..<10, "x", isLast: true)])
        let left = try await store.unindexed(after: nil, limit: 100)
        #expect(left.count == 6)
        #expect(
            left.contains(IndexPosition(job: JobCursor(job(5)), offset: 10, line: 4, outputBytes: 77, hasEnded: true)))
        #expect(!left.contains { $0.job.id == id(4) })
    }

    @Sendable static func findsParts(_ store: any Store) async throws {
        guard let store = store as? IndexedStore else { return }
        let odd = #"it's "quoted" AND (OR) * ^ %_ - + : {x} \\ 日本語 😀 Größe"#
        try await store.insert(job(1, finished()))
        try await store.index([block(1, 0..<100, "first line\nneedle in hay\n", next: 3)])
        try await store.index([block(1, 100..<180, odd, line: 3, next: 4)])
        try await store.index([block(1, 180..<200, "another Needle", line: 4, next: 5, isLast: true)])
        let ends = candidate(1, (0..<100, 1), (180..<200, 4))
        for text in ["needle", "NEEDLE", "eed"] { #expect(try await found(text, in: store) == [ends], "\(text)") }
        let oddTexts = [
            #""quoted""#, "(OR)", "* ^ %_", "- + :", "{x}", #" \\ "#, "日本語", "本語 😀", "Größe", "it's ", " AND ", odd,
        ]
        for text in oddTexts {
            #expect(try await found(text, in: store) == [candidate(1, (100..<180, 3))], "\(text)")
        }
        for text in ["needles", "haystack", "nedle", "a\0b", "\0\0\0"] {
            #expect(try await found(text, in: store).isEmpty, "\(text)")
        }
        let long = String(repeating: "abcdefghij", count: 100)
        #expect(try await found(long, in: store).isEmpty)
    }

    @Sendable static func indexesTogether(_ store: any Store) async throws {
        guard let store = store as? IndexedStore else { return }
        for number in 1...3 { try await store.insert(job(number, finished())) }
        try await store.index([
            block(1, 0..<10, "needle", next: 3), block(2, 0..<10, "needle", isLast: true), block(3, 5..<10, "needle"),
            block(1, 10..<20, "needle", line: 3, isLast: true),
        ])
        #expect(
            try await found("needle", in: store) == [
                candidate(2, (0..<10, 1)), candidate(1, (0..<10, 1), (10..<20, 3)),
            ])
        #expect(try await store.unindexed(after: nil, limit: 10).map(\.job.id) == [id(3)])
        try await store.index([])
    }

    @Sendable static func findsFacts(_ store: any Store) async throws {
        guard let store = store as? IndexedStore else { return }
        try await store.insert(job(1, finished(), command: "make 'all'", name: "nightly", tags: ["release", "ci"]))
        try await store.index([block(1, 0..<0, "", next: 1, isLast: true)])
        for text in ["make 'all", "night", "release"] {
            #expect(try await found(text, in: store) == [candidate(1)], "\(text)")
        }
        #expect(try await found("weekly", in: store).isEmpty)
        #expect(try await store.unindexed(after: nil, limit: 10).isEmpty)
    }

    @Sendable static func pagesCandidates(_ store: any Store) async throws {
        guard let store = store as? IndexedStore else { return }
        for number in [4, 9, 1, 7, 3, 8, 2, 6, 5] {
            try await store.insert(job(number, finished()))
            try await store.index([block(number, 0..<10, number == 6 ? "nothing" : "needle", isLast: true)])
        }
        for limit in [1, 3, 100] {
            var place: JobCursor?
            var seen: [JobID] = []
            repeat {
                let page = try await store.candidates(for: "needle", after: place, limit: limit)
                #expect(page.count <= limit)
                seen += page.map(\.job.id)
                place = page.last?.job
            } while place != nil
            #expect(seen == [9, 8, 7, 5, 4, 3, 2, 1].map(id))
        }
    }

    @Sendable static func ignoresOtherBlocks(_ store: any Store) async throws {
        guard let store = store as? IndexedStore else { return }
        try await store.insert(job(1, finished()))
        try await store.index([block(1, 0..<10, "needle")])
        try await store.index([block(1, 0..<10, "needle")])
        try await store.index([block(1, 5..<20, "needle")])
        try await store.index([block(1, 11..<20, "needle", isLast: true)])
        #expect(try await found("needle", in: store) == [candidate(1, (0..<10, 1))])
        try await store.index([block(1, 10..<10, "", isLast: true)])
        try await store.index([block(1, 10..<20, "needle", isLast: true)])
        #expect(try await found("needle", in: store) == [candidate(1, (0..<10, 1))])
        try await store.index([block(2, 0..<10, "needle")])
        #expect(try await found("needle", in: store).count == 1)
    }

    @Sendable static func removalEmptiesIndex(_ store: any Store) async throws {
        guard let store = store as? IndexedStore else { return }
        for number in 1...2 {
            try await store.insert(job(number, finished()))
            try await store.index([block(number, 0..<10, "needle", isLast: number == 1)])
        }
        try await store.remove(id(1))
        #expect(try await found("needle", in: store) == [candidate(2, (0..<10, 1))])
        try await store.remove(id(2))
        #expect(try await found("needle", in: store).isEmpty)
        #expect(try await store.unindexed(after: nil, limit: 10).isEmpty)
        try await store.insert(job(2, finished()))
        #expect(try await store.unindexed(after: nil, limit: 10).map(\.offset) == [0])
        #expect(try await found("needle", in: store).isEmpty)
    }

    @Sendable static func indexOutlivesClose(_ open: StoreRequirement.Opening) async throws {
        let first = try await open()
        if let store = first as? IndexedStore {
            for number in 1...2 { try await store.insert(job(number, finished())) }
            try await store.index([block(1, 0..<10, "needle", next: 3)])
            try await store.index([block(2, 0..<10, "needle", isLast: true)])
        }
        await first.close()
        let second = try await open()
        if let store = second as? IndexedStore {
            #expect(try await found("needle", in: store) == [candidate(2, (0..<10, 1)), candidate(1, (0..<10, 1))])
            let left = try await store.unindexed(after: nil, limit: 10)
            #expect(
                left == [IndexPosition(job: JobCursor(job(1)), offset: 10, line: 3, outputBytes: 0, hasEnded: true)])
        }
        await second.close()
    }
}
