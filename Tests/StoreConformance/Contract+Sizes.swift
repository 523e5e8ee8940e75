import Foundation
import SrunKit
import Testing

/// What ``SizeRecording`` promises. A store without it has nothing to prove here.
extension StoreContract {
    public static let sizing = [
        StoreRequirement("sizes are kept in the order of their times", keepsSizes),
        StoreRequirement("a removed job takes its sizes along", removalTakesSizes),
    ]

    private static func size(_ number: Int, after seconds: Double) -> TimedSize {
        TimedSize(time: noon.addingTimeInterval(seconds), size: TerminalSize(columns: number, rows: number + 1))
    }

    @Sendable static func keepsSizes(_ store: any Store) async throws {
        guard let store = store as? any Store & SizeRecording else { return }
        try await store.insert(job(1, running))
        #expect(try await store.sizes(of: id(1)).isEmpty)
        for (number, seconds) in [(80, 2.0), (100, 1.0), (120, 3.000001), (90, 2.0)] {
            try await store.record(size(number, after: seconds), of: id(1))
        }
        #expect(
            try await store.sizes(of: id(1)) == [size(100, after: 1), size(90, after: 2), size(120, after: 3.000001)])
        #expect(try await store.sizes(of: id(2)).isEmpty)
        await #expect(throws: error(.jobNotFound)) { try await store.record(size(1, after: 1), of: id(2)) }
    }

    @Sendable static func removalTakesSizes(_ store: any Store) async throws {
        guard let store = store as? any Store & SizeRecording else { return }
        try await store.insert(job(1, finished()))
        try await store.record(size(80, after: 1), of: id(1))
        try await store.remove(id(1))
        #expect(try await store.sizes(of: id(1)).isEmpty)
        try await store.insert(job(1, running))
        #expect(try await store.sizes(of: id(1)).isEmpty)
    }
}
