/// A store that keeps an index of the text of outputs, so that a search of all jobs need not read all of it. Not every store is one;
/// whoever needs it asks with `as?`, once.
///
/// The index never decides what is a hit. It names *candidates*: parts of outputs that may hold a text; it may name too many, never
/// too few. Whatever is not in it yet is named by ``unindexed(after:limit:)``. Text comes in *blocks* that follow one another, each
/// with where the next one begins, so the index knows by itself how far it is, also after a crash.
///
/// A job that is removed takes its part of the index with it.
public protocol SearchIndexing: JobStore, LogSink {
    /// Texts of fewer Unicode scalars cannot be looked for.
    static var shortestText: Int { get }

    /// The jobs whose output is not wholly in the index, newest first, and how far it is with each.
    func unindexed(after place: JobCursor?, limit: Int) async throws(StoreError) -> [IndexPosition]

    /// Adds blocks, in their order, and with the last one of a job what is said of the job itself: command, name and tags.
    ///
    /// A block that does not begin where the index ends for its job changes nothing and is not an error: somebody was faster, or the
    /// job is gone. When it throws, some of the blocks may have been added; which, ``unindexed(after:limit:)`` tells.
    func index(_ blocks: [IndexBlock]) async throws(StoreError)

    /// The jobs that may hold a text in what is indexed of them, newest first, with the parts to look in. The case of letters does
    /// not matter.
    func candidates(for text: String, after place: JobCursor?, limit: Int) async throws(StoreError) -> [SearchCandidate]
}

/// How far the index is with a job.
public struct IndexPosition: Hashable, Sendable {
    public let job: JobCursor
    /// Everything before this offset is in the index.
    public let offset: Int64
    /// The number of the line that begins there.
    public let line: Int64
    /// How much output of the job is stored: all that it had printed, once it has ended.
    public let outputBytes: Int64
    public let hasEnded: Bool

    public init(job: JobCursor, offset: Int64, line: Int64, outputBytes: Int64, hasEnded: Bool) {
        self.job = job
        self.offset = offset
        self.line = line
        self.outputBytes = outputBytes
        self.hasEnded = hasEnded
    }
}

/// A part of a job's output as plain text.
public struct IndexBlock: Sendable {
    public let job: JobID
    /// The bytes of the output whose text it is.
    public let range: Range<Int64>
    /// The number of its first line.
    public let line: Int64
    /// The number of the first line behind it.
    public let nextLine: Int64
    public let text: String
    /// The job has ended, and nothing comes behind it.
    public let isLast: Bool

    public init(job: JobID, range: Range<Int64>, line: Int64, nextLine: Int64, text: String, isLast: Bool) {
        self.job = job
        self.range = range
        self.line = line
        self.nextLine = nextLine
        self.text = text
        self.isLast = isLast
    }
}

/// A job that may hold a text.
public struct SearchCandidate: Hashable, Sendable {
    /// A part of its output that begins with a line.
    public struct Part: Hashable, Sendable {
        public let range: Range<Int64>
        /// The number of its first line.
        public let line: Int64

        public init(range: Range<Int64>, line: Int64) {
            self.range = range
            self.line = line
        }
    }

    public let job: JobCursor
    /// In the order of the output; empty when only what is said of the job may hold the text.
    public var parts: [Part]

    public init(job: JobCursor, parts: [Part]) {
        self.job = job
        self.parts = parts
    }
}
