/// How much room has to be left on the disk of the store for new jobs to be accepted: the larger of an amount and a share.
public struct DiskFloor: Hashable, Sendable {
    public let bytes: Int64
    /// Of the whole disk, 0...1.
    public let share: Double

    public static let none = DiskFloor(bytes: 0, share: 0)
    /// What a server does that was not told otherwise.
    public static let standard = DiskFloor(bytes: 512 << 20, share: 0.05)

    public init(bytes: Int64, share: Double) {
        self.bytes = bytes
        self.share = share
    }

    func isAbove(_ space: StorageSpace) -> Bool {
        Double(space.freeBytes) < max(Double(bytes), Double(space.totalBytes) * share)
    }
}
