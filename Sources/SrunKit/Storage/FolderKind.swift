import CPTY

/// On what kind of file system a folder is.
///
/// The index of SQLite's write-ahead log is memory that all who have the database open share, which only works on one host
/// (https://www.sqlite.org/wal.html). A folder that several hosts can mount promises neither that memory nor locks that hold between
/// them.
package enum FolderKind: Hashable, Sendable {
    case local
    /// With the name people know it by.
    case shared(String)

    /// - Parameter number: `f_type` of statfs(2).
    init(number: UInt32) {
        self = Self.sharedKinds[number].map { .shared($0) } ?? .local
    }

    /// What the folder says of itself; local when it cannot be asked, because then the open that follows says why.
    package init(of folder: String) {
        let number = cpty_file_system(folder)
        self = number < 0 ? .local : FolderKind(number: UInt32(truncatingIfNeeded: number))
    }

    /// As linux/magic.h and the sources of those file systems have them.
    private static let sharedKinds: [UInt32: String] = [
        0x6969: "NFS", 0x517b: "SMB", 0xff53_4d42: "CIFS", 0xfe53_4d42: "SMB", 0x564c: "NCP", 0x5346_414f: "AFS",
        0x6b41_4653: "AFS", 0x7375_7245: "Coda", 0x0102_1997: "9P", 0x00c3_6400: "Ceph", 0x0bd0_0bd0: "Lustre",
        0x0116_1970: "GFS2", 0x7461_636f: "OCFS2", 0x4750_4653: "GPFS", 0x1983_0326: "BeeGFS", 0xaad7_aaea: "PanFS",
        0x786f_4256: "a VirtualBox shared folder", 0xbacb_acbc: "a VMware shared folder",
    ]
}
