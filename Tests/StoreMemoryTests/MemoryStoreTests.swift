import Foundation
import NIOCore
import SrunKit
import StoreConformance
import StoreMemory
import Testing

@Suite("Memory store")
struct MemoryStoreTests {
    @Test("meets the contract", .timeLimit(.minutes(1)), arguments: StoreContract.withoutDurability)
    func meets(_ requirement: StoreRequirement) async throws {
        try await requirement.verify { MemoryStore() }
    }

    @Test("keeps who may come in", .timeLimit(.minutes(1)), arguments: AccessContract.withoutDurability)
    func keepsAccess(_ requirement: AccessRequirement) async throws {
        try await requirement.verify { MemoryStore() }
    }

    @Test("refuses output beyond its bound, and takes it after a removal")
    func boundsOutput() async throws {
        let store = MemoryStore(maximumOutputBytes: 10)
        let (full, next) = (try #require(JobID("full")), try #require(JobID("next")))
        let ended = JobState.finished(
            JobEnd(outcome: JobOutcome(.lost), endedAt: .distantPast, outputBytes: 10), nil)
        try await store.insert(Job(id: full, spec: JobSpec(stored: .shell("w")), createdAt: .distantPast, node: "n"))
        try await store.insert(Job(id: next, spec: JobSpec(stored: .shell("w")), createdAt: .distantPast, node: "n"))

        try await store.append([chunk("0123456789")], to: full)
        await #expect(throws: StoreError(.full, "")) { try await store.append([chunk("x")], to: next) }
        #expect(try await store.storedBytes(of: next) == 0)
        // What is there already needs no room.
        try await store.append([chunk("0123456789")], to: full)

        try await store.advance(full, to: ended)
        try await store.remove(full)
        try await store.append([chunk("x")], to: next)
    }

    private func chunk(_ text: String) -> LogChunk {
        LogChunk(offset: 0, time: .distantPast, stream: .output, bytes: ByteBuffer(string: text))
    }
}
