import Foundation
import Logging

/// Brings output into the index of a store, behind everything else: it reads what is stored already, a block at a time, and while
/// jobs run it rests longer than it works (``Activity``).
///
/// Blocks begin with a line and are read anew by the search, each by itself; so what is in the index and what a search sees are the
/// same text, whatever state a program left the terminal in.
struct OutputIndexer: Sendable {
    /// A block ends with the first line end behind so many bytes.
    static let blockBytes: Int64 = 64 << 10
    /// A block of output without line ends is cut here.
    static let longestBlock: Int64 = 128 << 10
    private static let pageJobs = 100

    let store: any SearchIndexing
    let clock: any Clock<Duration>
    let logger: Logger
    /// What runs that the index must not slow.
    let activity: @Sendable () async -> Activity

    enum Activity {
        case idle, running
        /// Output comes, or is read, faster than it could be indexed beside that: the index falls behind in any case.
        case pouring

        /// More than what is indexed in a second while jobs run.
        static let pouringBytesPerSecond = 4_000_000.0

        /// How many times as long as it works the indexer rests.
        var rest: Int {
            switch self {
            case .idle: 0
            case .running: 3
            case .pouring: 40
            }
        }
    }

    /// Indexes all that is there to be indexed now: of running jobs, whole blocks.
    func pass() async {
        var place: JobCursor?
        var gathered = Gathered()
        do {
            while !Task.isCancelled {
                let positions = try await store.unindexed(after: place, limit: Self.pageJobs)
                for position in positions { try await index(position, &gathered) }
                try await write(&gathered)
                guard positions.count == Self.pageJobs else { return }
                place = positions.last?.job
            }
        } catch {
            logger.warning("output cannot be indexed for search now", metadata: ["error": "\(error)"])
        }
    }

    /// Blocks that go into the index together: most jobs print little, and a write for each of them would cost more than they did.
    private struct Gathered {
        var blocks: [IndexBlock] = []
        var bytes = 0
        /// When the work on them began.
        var began = ContinuousClock.now
    }

    private func index(_ start: IndexPosition, _ gathered: inout Gathered) async throws(StoreError) {
        var position = start
        while !Task.isCancelled, let block = try await block(from: position) {
            gathered.blocks.append(block)
            gathered.bytes += block.text.utf8.count
            if gathered.bytes >= Self.blockBytes { try await write(&gathered) }
            if block.isLast { return }
            position = IndexPosition(
                job: position.job, offset: block.range.upperBound, line: block.nextLine,
                outputBytes: position.outputBytes, hasEnded: position.hasEnded)
        }
    }

    /// Writes what is gathered, and rests.
    private func write(_ gathered: inout Gathered) async throws(StoreError) {
        guard !gathered.blocks.isEmpty else { return }
        try await store.index(gathered.blocks)
        let rest = await activity().rest
        if rest > 0 { try? await clock.sleep(for: (.now - gathered.began) * rest, tolerance: nil) }
        gathered = Gathered()
    }

    /// The next block; nil when a running job has not printed enough for one.
    func block(from position: IndexPosition) async throws(StoreError) -> IndexBlock? {
        let start = position.offset
        let (outputBytes, hasEnded) = (position.outputBytes, position.hasEnded)
        guard hasEnded || outputBytes - start >= Self.longestBlock else { return nil }
        var lines = TextLines()
        var text = BlockText(start: start, line: position.line)
        var end = start
        while text.cut == nil, end < min(outputBytes, start + Self.longestBlock) {
            let limit = Int(min(outputBytes, start + Self.longestBlock) - end)
            let chunks = try await store.chunks(of: position.job.id, from: end, limit: limit)
            guard let last = chunks.last else { break }
            for chunk in chunks { lines.append(chunk) { text.add($0) } }
            end = last.end
        }
        if text.cut == nil { lines.finish { text.add($0) } }
        // Shorter than it should be: what is not there will not come.
        let isAtEnd = text.cut == nil && (end >= outputBytes || end == start)
        guard hasEnded || end > start else { return nil }
        let next = text.cut ?? (end, text.nextLine)
        return IndexBlock(
            job: position.job.id, range: start..<max(start, next.offset), line: position.line, nextLine: next.line,
            text: String(decoding: text.bytes, as: UTF8.self), isLast: hasEnded && isAtEnd)
    }
}

/// The lines of a block, up to the first one that belongs to the next.
private struct BlockText {
    let start: Int64
    let line: Int64
    private(set) var bytes: [UInt8] = []
    private(set) var nextLine: Int64
    /// Where the next block begins, once its first line is seen.
    private(set) var cut: (offset: Int64, line: Int64)?

    init(start: Int64, line: Int64) {
        self.start = start
        self.line = line
        nextLine = line
    }

    mutating func add(_ line: TextLine) {
        guard cut == nil else { return }
        let number = self.line + line.number - 1
        guard line.offset - start < OutputIndexer.blockBytes else {
            cut = (line.offset, number)
            return
        }
        bytes += line.text
        bytes.append(UInt8(ascii: "\n"))
        nextLine = line.isEnd ? number + 1 : number
    }
}
