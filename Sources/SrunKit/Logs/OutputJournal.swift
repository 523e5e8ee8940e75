/// Where output is safe from the end of this process before it is in the store.
///
/// Bytes are put there before they are handed out by ``ProcessOutput``, in the same order, so both count the same offsets.
public protocol OutputJournal: Sendable {
    /// How much may wait for the store at most, so that the journal always has room.
    var pipelineBytes: Int { get }

    /// The bytes before this offset are in the store.
    func markDurable(before offset: Int64)

    /// What it has from an offset on.
    func pieces(from offset: Int64) -> [LogChunk]
}
