/// A store that can take bytes out of the middle of a job's output. Not every store is one; whoever needs it asks with `as?`, once.
///
/// A job's output then has one *gap*. The bytes around it keep their offsets, so ``LogSink/storedBytes(of:)`` stays what it is: the
/// offset where the next chunk begins. What is asked for inside the gap begins behind it, and no answer of
/// ``LogSink/chunks(of:from:limit:)`` goes across it. ``Job/outputDropped`` tells its length, and ``FinishedJobs`` does not count
/// it.
public protocol OutputTrimming: LogSink {
    /// Drops the bytes of a range. The gap becomes the smallest that holds the range and the gap there was; it never takes the
    /// last byte of what is stored, nor reaches beyond.
    ///
    /// The room is free afterwards but for what lies in one row with bytes that stay.
    ///
    /// - Returns: The gap there is now; nil when there is none, because the range had no stored byte but the last.
    /// - Throws: ``StoreError/Code/jobNotFound`` or ``StoreError/Code/unavailable``.
    @discardableResult
    func drop(_ range: Range<Int64>, of job: JobID) async throws(StoreError) -> Range<Int64>?
}

extension Range<Int64> {
    /// The gap that an output of the given length has after this range was dropped: the rules of ``OutputTrimming``.
    public func gap(in length: Int64, with present: Range<Int64>?) -> Range<Int64>? {
        let dropped = clamped(to: 0..<Swift.max(0, length - 1))
        guard let present else { return dropped.isEmpty ? nil : dropped }
        guard !dropped.isEmpty else { return present }
        return Swift.min(dropped.lowerBound, present.lowerBound)..<Swift.max(dropped.upperBound, present.upperBound)
    }
}
