import Foundation
import NIOCore
import SrunKit
import Testing

extension StoreContract {
    public static let recovery = [
        StoreRequirement("unfinished jobs are queued or running ones, oldest first", listsUnfinished),
        StoreRequirement("unfinished jobs are those of one node", listsUnfinishedOfNode),
        StoreRequirement(
            "unfinished jobs of the same microsecond are listed by identifier", ordersUnfinishedByIdentifier),
        StoreRequirement("more unfinished jobs than a page holds are all listed", listsManyUnfinished),
        StoreRequirement("a job that ends is unfinished no more", endedJobIsNotUnfinished),
        StoreRequirement("closing twice is no error", closesTwice),
        StoreRequirement("jobs are there when the store is opened again", needs: .durability, jobsStay),
        StoreRequirement("output is there when the store is opened again", needs: .durability, outputStays),
        StoreRequirement(
            "unfinished jobs are found when the store is opened again", needs: .durability, unfinishedJobsStay),
        StoreRequirement("a removed job stays gone", needs: .durability, removedJobsStayGone),
        StoreRequirement("pages and cursors outlive the store that made them", needs: .durability, cursorsStay),
        StoreRequirement("output goes on where it was", needs: .durability, outputGoesOn),
        StoreRequirement("what was refused left nothing behind", needs: .durability, refusalsLeaveNothing),
    ]

    @Sendable static func listsUnfinished(_ store: any Store) async throws {
        #expect(try await store.unfinishedJobs(onNode: node).isEmpty)
        let jobs = [job(5, running), job(2), job(4, finished()), job(1, running), job(3, finished(.lost)), job(6)]
        for job in jobs { try await store.insert(job) }
        #expect(try await store.unfinishedJobs(onNode: node) == [job(1, running), job(2), job(5, running), job(6)])
    }

    @Sendable static func listsUnfinishedOfNode(_ store: any Store) async throws {
        let nodes = ["alpha", "Alpha", "alpha2", "al_ha", "%"]
        for (number, node) in nodes.enumerated() { try await store.insert(job(number, running, node: node)) }
        for (number, node) in nodes.enumerated() {
            #expect(try await store.unfinishedJobs(onNode: node).map(\.id) == [id(number)])
        }
        #expect(try await store.unfinishedJobs(onNode: "").isEmpty)
    }

    @Sendable static func ordersUnfinishedByIdentifier(_ store: any Store) async throws {
        for text in ["b", "a", "C", "0"] {
            let id = try #require(JobID(text))
            try await store.insert(Job(id: id, spec: JobSpec(stored: .shell("w")), createdAt: noon, node: node))
        }
        #expect(try await store.unfinishedJobs(onNode: node).map(\.id.text) == ["0", "C", "a", "b"])
    }

    @Sendable static func listsManyUnfinished(_ store: any Store) async throws {
        let count = JobQuery.maximumLimit + 3
        for number in 1...count { try await store.insert(job(number)) }
        #expect(try await store.unfinishedJobs(onNode: node).map(\.id) == (1...count).map { id($0) })
    }

    @Sendable static func endedJobIsNotUnfinished(_ store: any Store) async throws {
        for number in 1...3 { try await store.insert(job(number, running)) }
        try await store.advance(id(2), to: finished(.lost))
        #expect(try await store.unfinishedJobs(onNode: node).map(\.id) == [id(1), id(3)])
    }

    @Sendable static func closesTwice(_ store: any Store) async throws {
        try await store.insert(job(1))
        await store.close()
        await store.close()
    }

    @Sendable static func jobsStay(_ open: StoreRequirement.Opening) async throws {
        let usage = ResourceUsage(userSeconds: 1.5, systemSeconds: 0.25, maxResidentBytes: 4096)
        let written = [
            job(3, finished(.exited(.signal(9)), reason: "why", usage: usage, outputBytes: 7), name: "n", tags: ["t"]),
            job(2, running), job(1),
        ]
        try await reopening(open) { store in
            for job in written { try await store.insert(job) }
        } then: { store in
            #expect(try await store.jobs(JobQuery()).jobs == written)
            try await store.advance(id(2), to: finished(.lost))
        } then: { store in
            let job = try await store.job(id(2))
            #expect(job?.state == finished(.lost))
        }
    }

    @Sendable static func outputStays(_ open: StoreRequirement.Opening) async throws {
        let bytes = noise(3_000_000)
        try await reopening(open) { store in
            try await store.insert(job(1, running))
            for start in stride(from: 0, to: bytes.count, by: 1_000_000) {
                try await store.append(
                    [chunk(at: Int64(start), bytes[start..<(start + 1_000_000)], after: Double(start), .error)],
                    to: id(1))
            }
        } then: { store in
            let chunks = try await output(of: id(1), in: store)
            #expect(chunks.flatMap { [UInt8]($0.bytes.readableBytesView) } == bytes)
            #expect(chunks.allSatisfy { $0.stream == .error })
        }
    }

    @Sendable static func unfinishedJobsStay(_ open: StoreRequirement.Opening) async throws {
        try await reopening(open) { store in
            for number in [2, 1] { try await store.insert(job(number, running)) }
            try await store.insert(job(3))
            try await store.append([chunk(at: 0, "half a li")], to: id(1))
        } then: { store in
            let unfinished = try await store.unfinishedJobs(onNode: node)
            #expect(unfinished.map(\.id) == [id(1), id(2), id(3)])
            #expect(try await store.job(id(1))?.outputBytes == 9)
        }
    }

    @Sendable static func removedJobsStayGone(_ open: StoreRequirement.Opening) async throws {
        try await reopening(open) { store in
            for number in 1...2 { try await store.insert(job(number, finished())) }
            try await store.remove(id(1))
        } then: { store in
            let jobs = try await store.jobs(JobQuery()).jobs
            #expect(jobs.map(\.id) == [id(2)])
            await #expect(throws: error(.jobNotFound)) { try await store.storedBytes(of: id(1)) }
        }
    }

    @Sendable static func cursorsStay(_ open: StoreRequirement.Opening) async throws {
        let text = Note()
        try await reopening(open) { store in
            for number in 1...9 { try await store.insert(job(number)) }
            await text.write(try await store.jobs(JobQuery(limit: 4)).next?.description)
        } then: { store in
            let cursor = try #require(await text.content.flatMap { JobCursor($0) })
            #expect(try await store.jobs(JobQuery(after: cursor)).jobs.map(\.id) == (1...5).reversed().map { id($0) })
        }
    }

    @Sendable static func outputGoesOn(_ open: StoreRequirement.Opening) async throws {
        try await reopening(open) { store in
            try await store.insert(job(1, running))
            try await store.append([chunk(at: 0, "before")], to: id(1))
        } then: { store in
            #expect(try await store.storedBytes(of: id(1)) == 6)
            try await store.append([chunk(at: 0, "before"), chunk(at: 6, " and after")], to: id(1))
        } then: { store in
            let bytes = try await bytes(of: id(1), in: store)
            #expect(bytes == Array("before and after".utf8))
        }
    }

    @Sendable static func refusalsLeaveNothing(_ open: StoreRequirement.Opening) async throws {
        try await reopening(open) { store in
            try await store.insert(job(1, running))
            await #expect(throws: StoreError.self) { try await store.insert(job(1, command: "other")) }
            await #expect(throws: StoreError.self) { try await store.append([chunk(at: 5, "x")], to: id(1)) }
            await #expect(throws: StoreError.self) { try await store.advance(id(1), to: .queued) }
            await #expect(throws: StoreError.self) { try await store.remove(id(1)) }
        } then: { store in
            let jobs = try await store.jobs(JobQuery()).jobs
            #expect(jobs == [job(1, running)])
            #expect(try await store.storedBytes(of: id(1)) == 0)
        }
    }

    private typealias Part = (any Store) async throws -> Void

    /// Opens the store for each part and closes it after.
    private static func reopening(
        _ open: StoreRequirement.Opening, _ first: Part, then second: Part, then third: Part = { _ in }
    ) async throws {
        try await opening(open, first)
        try await opening(open, second)
        try await opening(open, third)
    }

    private static func opening(_ open: StoreRequirement.Opening, _ body: Part) async throws {
        let store = try await open()
        do {
            try await body(store)
        } catch {
            await store.close()
            throw error
        }
        await store.close()
    }

    private actor Note {
        private(set) var content: String?
        func write(_ text: String?) { content = text }
    }
}
