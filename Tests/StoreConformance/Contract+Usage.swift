import Foundation
import SrunKit
import Testing

/// What ``UsageSink`` promises. A store without it has nothing to prove here.
extension StoreContract {
    public static let usages = [
        StoreRequirement("how a job used the machine is kept, the last word only", keepsUsage),
        StoreRequirement("a removed job takes its usage along", removalTakesUsage),
        StoreRequirement("usage survives a restart", needs: .durability, usageSurvives),
    ]

    private static func history(_ seconds: Range<Int>) throws -> UsageHistory {
        let samples = seconds.map { second in
            UsageSample(
                time: noon.addingTimeInterval(Double(second)), cpuSeconds: Double(second) / 3, memoryBytes: 1 << 33,
                readBytes: Int64(second) << 40, writtenBytes: 7, processes: second)
        }
        let encoder = JSONEncoder()
        let text = String(decoding: try encoder.encode(samples), as: UTF8.self)
        return try JSONDecoder().decode(
            UsageHistory.self, from: Data(#"{"intervalSeconds":4,"samples":\#(text)}"#.utf8))
    }

    @Sendable static func keepsUsage(_ store: any Store) async throws {
        guard let store = store as? any Store & UsageSink else { return }
        try await store.insert(job(1, running))
        #expect(try await store.usageHistory(of: id(1)) == nil)
        try await store.keep(history(0..<3), of: id(1))
        try await store.keep(history(0..<600), of: id(1))
        #expect(try await store.usageHistory(of: id(1)) == history(0..<600))
        #expect(try await store.usageHistory(of: id(2)) == nil)
        await #expect(throws: error(.jobNotFound)) { try await store.keep(history(0..<1), of: id(2)) }
    }

    @Sendable static func removalTakesUsage(_ store: any Store) async throws {
        guard let store = store as? any Store & UsageSink else { return }
        try await store.insert(job(1, finished()))
        try await store.keep(history(0..<3), of: id(1))
        try await store.remove(id(1))
        #expect(try await store.usageHistory(of: id(1)) == nil)
        try await store.insert(job(1, running))
        #expect(try await store.usageHistory(of: id(1)) == nil)
    }

    @Sendable static func usageSurvives(_ open: StoreRequirement.Opening) async throws {
        let store = try await open()
        guard let sink = store as? any Store & UsageSink else { return await store.close() }
        try await sink.insert(job(1, running))
        try await sink.keep(history(0..<3), of: id(1))
        await store.close()
        let again = try await open()
        let found = try await (again as? any UsageSink)?.usageHistory(of: id(1))
        await again.close()
        #expect(try found == history(0..<3))
    }
}
