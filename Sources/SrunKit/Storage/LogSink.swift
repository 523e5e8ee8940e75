/// Keeps output: appends it durably and reads it back by offset.
///
/// A job's output is one sequence of bytes that only grows. Its bytes are numbered from 0; chunks are how they travel and carry
/// time and stream. A store may cut chunks as it likes, and join those of one stream whose times lie within 10 ms of the first
/// one's: every byte keeps its place and stream, and its time to that precision. A joined chunk has the time of its first byte.
public protocol LogSink: Sendable {
    /// Appends output of one job, durably before returning.
    ///
    /// The chunks follow one another without gaps. The first may begin before the end of what is stored: bytes that are already
    /// there are skipped, unread, so a retry after a lost reply is safe. Called from one task per job; different jobs overlap,
    /// and a store does well to write them in one transaction. An empty array and empty chunks are not an error.
    ///
    /// - Parameter chunks: At most 4 MiB in all, at most 1 MiB in one.
    /// - Throws: ``StoreError/Code/gap`` when the first chunk begins after the end of what is stored or a later one does not
    ///   follow its predecessor (nothing is stored then), ``StoreError/Code/jobNotFound`` when the job was removed or never
    ///   inserted, ``StoreError/Code/full``, or ``StoreError/Code/unavailable`` (try the same again).
    func append(_ chunks: [LogChunk], to job: JobID) async throws(StoreError)

    /// Reads output back, beginning exactly at the given offset.
    ///
    /// - Parameters:
    ///   - offset: 0 or more; at or beyond the end, nothing is returned, which is not an error.
    ///   - limit: At least 1. The chunks returned follow one another and have at least 1 and at most this many bytes in all.
    /// - Throws: ``StoreError/Code/jobNotFound`` or ``StoreError/Code/unavailable``.
    func chunks(of job: JobID, from offset: Int64, limit: Int) async throws(StoreError) -> [LogChunk]

    /// The number of bytes stored: the offset where the next chunk begins.
    ///
    /// - Throws: ``StoreError/Code/jobNotFound`` or ``StoreError/Code/unavailable``.
    func storedBytes(of job: JobID) async throws(StoreError) -> Int64
}
