import Logging
import Synchronization

/// Tells the other nodes to look, outside every transaction and not more often than is of use: the first time at once, then what has
/// come together in a moment, each job once.
final class Announcer: Sendable {
    /// Between two announcements.
    static let pause = Duration.milliseconds(25)

    private let store: any TeamStore
    private let clock: any Clock<Duration>
    private let waiting = Mutex<Set<WakeUp>>([])
    private let bell = Bell()
    /// Nobody is told while nobody else is there.
    private let hasListeners = Mutex(true)

    init(store: any TeamStore, clock: any Clock<Duration>) {
        self.store = store
        self.clock = clock
    }

    func setListeners(_ count: Int) { hasListeners.withLock { $0 = count > 0 } }

    func add(_ wakeUp: WakeUp) {
        guard hasListeners.withLock({ $0 }) else { return }
        waiting.withLock { _ = $0.insert(wakeUp) }
        bell.ring()
    }

    func run() async {
        while !Task.isCancelled {
            await bell.wait(upTo: .seconds(3600), clock: clock)
            let wakeUps = waiting.withLock { waiting in
                defer { waiting.removeAll() }
                return Array(waiting)
            }
            guard !wakeUps.isEmpty else { continue }
            // Hints: whoever misses one looks by itself soon.
            try? await store.announce(wakeUps)
            try? await clock.sleep(for: Self.pause, tolerance: nil)
        }
    }
}

/// The store's output, with a word to the other nodes after every write.
struct AnnouncingSink: OutputTrimming {
    let store: any LogSink
    let announcer: Announcer

    func append(_ chunks: [LogChunk], to job: JobID) async throws(StoreError) {
        try await store.append(chunks, to: job)
        announcer.add(.output(job))
    }

    func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk] {
        try await store.chunks(of: job, from: offset, limit: limit)
    }

    /// Nothing is dropped where the store cannot.
    func drop(_ range: Range<Int64>, of job: JobID) async throws(StoreError) -> Range<Int64>? {
        guard let trimming = store as? any OutputTrimming else { return nil }
        return try await trimming.drop(range, of: job)
    }

    func storedBytes(of job: JobID) async throws(StoreError) -> Int64 {
        try await store.storedBytes(of: job)
    }
}
