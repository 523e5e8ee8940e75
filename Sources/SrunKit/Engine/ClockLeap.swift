import Foundation

/// Whether the time of day was lately set forward, seen beside a clock that nobody sets.
///
/// What it was set to may be wrong, and is put right soon when it is. Until then nothing must be thrown away for its age.
struct ClockLeap: Sendable {
    /// What small corrections amount to.
    static let tolerance = Duration.seconds(60)
    /// So long the new time is not believed.
    static let doubt = Duration.seconds(3600)

    private let watch: Stopwatch
    private let origin: Date
    private var offset = Duration.zero
    private var doubtedUntil: Duration?

    init(_ watch: Stopwatch, at now: Date) {
        self.watch = watch
        origin = now
    }

    /// - Returns: By how much the time was set forward since the last look, if it was.
    mutating func look(at now: Date) -> Duration? {
        let elapsed = watch.elapsed
        let offset = Duration.seconds(now.timeIntervalSince(origin)) - elapsed
        defer { self.offset = offset }
        let leap = offset - self.offset
        if leap > Self.tolerance { doubtedUntil = elapsed + Self.doubt }
        if let end = doubtedUntil, elapsed >= end { doubtedUntil = nil }
        return leap > Self.tolerance ? leap : nil
    }

    var isDoubted: Bool { doubtedUntil != nil }
}
