import NIOCore

/// A follower of one job's output: an offset, and the way to what comes next.
///
/// History, recent output and live output are one sequence here: what the ring still has comes from there, anything older from
/// the store, and at the end of a running job the feed waits. A slow reader falls back to the store by itself and slows nobody.
/// Two copies of a feed are two followers. Where output was dropped (``OutputTrimming``) there is a chunk that says so.
public struct LogFeed: Sendable {
    public let job: JobID
    /// The offset of the first byte that it delivers.
    public let start: Int64

    private var offset: Int64
    private let source: Source
    private let sink: any LogSink
    /// What feeds the source, for as long as somebody follows.
    private let hold: MirrorHold?
    private let served: ServedOutput?

    enum Source: Sendable {
        /// The end of the output is not yet the end of the job: that is when its final state is in the store.
        case live(LogPipeline, ended: OneShot<Job>? = nil)
        /// The job has ended with so many bytes.
        case finished(Int64)
    }

    /// What ``next(limit:)`` asks for at once unless told otherwise.
    public static let standardLimit = 256 * 1024

    init(
        job: JobID, from position: LogPosition, source: Source, sink: any LogSink, hold: MirrorHold? = nil,
        served: ServedOutput? = nil
    ) {
        let end =
            switch source {
            case .live(let pipeline, _): pipeline.byteCount
            case .finished(let count): count
            }
        let start =
            switch position {
            // Beyond the end there is nothing to wait for but the end itself.
            case .offset(let offset): min(max(0, offset), end)
            case .last(let count): max(0, end - max(0, count))
            }
        self.job = job
        self.start = start
        self.offset = start
        self.source = source
        self.sink = sink
        self.hold = hold
        self.served = served
    }

    /// The next output: at least one chunk, together at most `limit` bytes (one at least), directly behind what was delivered before.
    ///
    /// Waits while a running job prints nothing.
    ///
    /// - Returns: Nil once the job has ended and everything was delivered, when the engine has shut down, or when the task was
    ///   cancelled.
    /// - Throws: ``StoreError`` when older output cannot be read, for instance because the job was removed meanwhile; the feed
    ///   stays where it was and may be asked again.
    public mutating func next(limit: Int = Self.standardLimit) async throws(StoreError) -> [LogChunk]? {
        while !Task.isCancelled {
            guard let chunks = try await available(limit: limit) else { return nil }
            if !chunks.isEmpty { return chunks }
            guard case .live(let pipeline, let ended) = source else { return nil }
            if pipeline.isEnded { _ = await ended?.value() } else { await pipeline.change(after: offset) }
        }
        return nil
    }

    /// The same without waiting for the job.
    ///
    /// - Returns: An empty array when a running job has printed nothing more; nil where ``next(limit:)`` returns nil.
    public mutating func available(limit: Int = Self.standardLimit) async throws(StoreError) -> [LogChunk]? {
        // For none the output would seem to have ended, or be waited for without end although it is there.
        let limit = max(1, limit)
        switch source {
        case .live(let pipeline, let ended):
            switch pipeline.read(from: offset, limit: limit) {
            case .chunks(let chunks): return advance(over: chunks)
            case .stored: return advance(over: try await sink.chunks(of: job, from: offset, limit: limit))
            case .atEnd: return []
            case .ended: return ended.map { $0.current == nil } ?? false ? [] : nil
            case .abandoned: return nil
            }
        case .finished(let end):
            guard offset < end else { return nil }
            let chunks = try await sink.chunks(of: job, from: offset, limit: limit)
            // Shorter than it should be: what is not there will not come.
            return chunks.isEmpty ? nil : advance(over: chunks)
        }
    }

    /// Whether it can end before the output does: the job was removed, or goes on without this server.
    public var isCutShort: Bool {
        guard case .live(let pipeline, _) = source, case .abandoned = pipeline.read(from: offset, limit: 1) else {
            return false
        }
        return true
    }

    /// Goes on behind output that was dropped at this place, when it was.
    ///
    /// - Returns: How many bytes are passed over.
    public mutating func passDropped() async throws(StoreError) -> Int64 {
        var peek = self
        guard let first = try await peek.available(limit: 1)?.first, first.dropped > 0 else { return 0 }
        offset = first.end
        return first.dropped
    }

    private mutating func advance(over stored: [LogChunk]) -> [LogChunk] {
        var chunks = stored
        if let first = stored.first, first.offset > offset {
            chunks.insert(Self.marker(for: offset..<first.offset, before: first), at: 0)
        }
        offset = chunks.last?.end ?? offset
        served?.add(chunks)
        return chunks
    }

    private static func marker(for gap: Range<Int64>, before next: LogChunk) -> LogChunk {
        let text = "\r\n[srun: \(gap.count) bytes of the output were not kept]\r\n"
        return LogChunk(
            offset: gap.lowerBound, time: next.time, stream: next.stream, bytes: ByteBuffer(string: text),
            dropped: Int64(gap.count))
    }
}

/// Where a follower begins.
public enum LogPosition: Sendable, Hashable {
    /// Bytes from the start. Beyond the end means at the end.
    case offset(Int64)
    /// So many bytes before the present end.
    case last(Int64)
}
