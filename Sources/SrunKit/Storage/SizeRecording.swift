public import Foundation

/// A store that keeps which sizes a job's terminal had, for its recording. Not every store is one; whoever needs it asks with `as?`,
/// once.
public protocol SizeRecording: JobStore {
    /// Keeps a size the terminal has from now on; beyond ``maximumSizes`` of a job nothing more is kept. Removal of the job takes
    /// its sizes along.
    ///
    /// - Throws: ``StoreError/Code/jobNotFound`` or ``StoreError/Code/unavailable``.
    func record(_ size: TimedSize, of job: JobID) async throws(StoreError)

    /// The sizes after the one in the job's spec, in the order of their times; none for an unknown job.
    func sizes(of job: JobID) async throws(StoreError) -> [TimedSize]
}

extension SizeRecording {
    /// Somebody who drags the edge of a window makes some hundred.
    public static var maximumSizes: Int { 10_000 }
}

/// A size of a terminal, and since when.
public struct TimedSize: Hashable, Sendable {
    /// In whole microseconds, the precision every store keeps. Of two sizes at the same time the later call counts.
    public let time: Date
    public let size: TerminalSize

    public init(time: Date, size: TerminalSize) {
        self.time = time.inWholeMicroseconds
        self.size = size
    }
}
