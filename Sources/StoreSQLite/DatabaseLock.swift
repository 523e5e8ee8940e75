import Foundation
import SrunKit
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// The right to use a database file: held by at most one server at a time, and free again when that one ends, however it ends.
///
/// The lock is on a file of its own beside the database. SQLite's own locks would come too late: they let two servers read, and
/// each would take the other's running jobs for lost. The file stays behind, empty; removing it while somebody else is about to
/// lock it would give two servers a lock each.
final class DatabaseLock: Sendable {
    private let descriptor: Mutex<CInt?>
    /// Whether somebody else has a copy of the descriptor, who is to go on having the right.
    private let isShared: Mutex<Bool>

    /// How long a server may take to end that was cut off from what kept it alive.
    private static let patience = 150
    private static let pause: UInt32 = 20_000

    /// - Parameters:
    ///   - owner: The process that people see as the one with the database open.
    ///   - held: A copy of the descriptor of an earlier lock, which is taken over if it is of this database.
    /// - Throws: ``StoreError/Code/locked``, naming the process that holds it, or ``StoreError/Code/cannotCreate``.
    init(databasePath: String, owner: Int32, taking held: CInt? = nil) throws(StoreError) {
        let path = databasePath + ".lock"
        let descriptor = Self.open(path, held)
        guard descriptor >= 0 else {
            throw StoreError(
                .cannotCreate, "The lock file \(path) cannot be opened: \(String(cString: strerror(errno))).")
        }
        var isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        var attempts = 0
        // The owner is gone, and what it had running notices that in these moments.
        while !isLocked, errno == EWOULDBLOCK, attempts < Self.patience, let holder = Self.content(of: descriptor),
            kill(pid_t(truncatingIfNeeded: holder), 0) != 0, errno == ESRCH
        {
            usleep(Self.pause)
            attempts += 1
            isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0
        }
        guard isLocked else {
            let isTaken = errno == EWOULDBLOCK
            let holder = Self.content(of: descriptor)
            close(descriptor)
            guard isTaken else { throw StoreError(.cannotCreate, "The lock file \(path) cannot be locked.") }
            let process = holder.map { "process \($0)" } ?? "another process"
            throw StoreError(.locked, "The database \(databasePath) is in use by \(process); end that server first.")
        }
        Self.write("\(owner)\n", to: descriptor)
        self.descriptor = Mutex(descriptor)
        isShared = Mutex(descriptor == held)
    }

    func share() -> CInt {
        isShared.withLock { $0 = true }
        return descriptor.withLock { $0 ?? -1 }
    }

    private static func open(_ path: String, _ held: CInt?) -> CInt {
        if let held {
            var (wanted, there) = (stat(), stat())
            if fstat(held, &there) == 0, stat(path, &wanted) == 0, there.st_dev == wanted.st_dev,
                there.st_ino == wanted.st_ino
            {
                return held
            }
            close(held)
        }
        return Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    }

    deinit { release() }

    func release() {
        let isShared = isShared.withLock { $0 }
        descriptor.withLock { descriptor in
            guard let open = descriptor else { return }
            if !isShared {
                Self.write("", to: open)
                // Not left to the close: a process that is just being started has a copy of the descriptor until its execve(2),
                // and the lock would last as long as the last copy.
                flock(open, LOCK_UN)
            }
            close(open)
            descriptor = nil
        }
    }

    /// The process ID that the holder has left; nil in the moment before it has.
    private static func content(of descriptor: CInt) -> Int? {
        var bytes = [UInt8](repeating: 0, count: 32)
        let count = pread(descriptor, &bytes, bytes.count, 0)
        guard count > 0 else { return nil }
        return Int(String(decoding: bytes.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
    }

    /// Only people read the file, so a failure to write it is nothing to stop for.
    private static func write(_ text: String, to descriptor: CInt) {
        _ = ftruncate(descriptor, 0)
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }
}
