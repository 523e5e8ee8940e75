import Testing

@testable import SrunKit

@Suite("Kinds of file systems") struct FolderKindTests {
    /// As statfs(2) names them.
    @Test(
        "knows what several hosts can mount",
        arguments: [
            (0x6969, "NFS"), (0x517b, "SMB"), (0xff53_4d42, "CIFS"), (0xfe53_4d42, "SMB"), (0x5346_414f, "AFS"),
            (0x7375_7245, "Coda"), (0x0102_1997, "9P"), (0x00c3_6400, "Ceph"), (0x0bd0_0bd0, "Lustre"),
        ] as [(UInt32, String)])
    func isShared(_ number: UInt32, _ name: String) { #expect(FolderKind(number: number) == .shared(name)) }

    @Test(
        "takes every other one for local",
        arguments: [
            // ext4, XFS, Btrfs, ZFS, tmpfs, overlayfs, FUSE, F2FS, bcachefs.
            0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1, 0x0102_1994, 0x794c_7630, 0x6573_5546, 0xf2f5_2010,
            0xca45_1a4e,
        ] as [UInt32])
    func isLocal(_ number: UInt32) { #expect(FolderKind(number: number) == .local) }

    @Test func asksTheFolder() {
        #expect(FolderKind(of: "/dev/shm") == .local)
        #expect(FolderKind(of: "/there/is/no/such/folder") == .local)
    }
}
