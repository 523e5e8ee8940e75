import Foundation
import GRDB
public import SrunKit

extension SQLiteStore: SpaceReporting {
    public func space() async throws(StoreError) -> StorageSpace {
        let path = pool.path
        let space = await offCooperativePool { StorageSpace(ofDiskWith: path) }
        guard let space else {
            throw StoreError(.unavailable, "The disk with the database does not say how much room is left; check it.")
        }
        return space
    }
}

extension StorageSpace {
    /// Nil when the system does not tell.
    fileprivate init?(ofDiskWith path: String) {
        var information = statvfs()
        guard statvfs(path, &information) == 0 else { return nil }
        let block = Int64(clamping: information.f_frsize)
        self.init(
            freeBytes: block.multipliedClamping(by: Int64(clamping: information.f_bavail)),
            totalBytes: block.multipliedClamping(by: Int64(clamping: information.f_blocks)))
    }
}

extension Int64 {
    fileprivate func multipliedClamping(by other: Int64) -> Int64 {
        let (product, overflows) = multipliedReportingOverflow(by: other)
        return overflows ? .max : product
    }
}
