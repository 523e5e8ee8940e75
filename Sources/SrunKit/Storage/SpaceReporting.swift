/// A store whose room is limited by a disk it can look at. Not every store is one; whoever needs it asks with `as?`, once.
public protocol SpaceReporting: JobStore {
    /// The room on the disk that holds the output, as it is now.
    ///
    /// Asked at most once a second.
    ///
    /// - Throws: ``StoreError/Code/unavailable`` when the disk does not say.
    func space() async throws(StoreError) -> StorageSpace
}

public struct StorageSpace: Hashable, Sendable {
    /// What this server may still write; what is reserved for others is not in it.
    public let freeBytes: Int64
    public let totalBytes: Int64

    public init(freeBytes: Int64, totalBytes: Int64) {
        self.freeBytes = freeBytes
        self.totalBytes = totalBytes
    }
}
