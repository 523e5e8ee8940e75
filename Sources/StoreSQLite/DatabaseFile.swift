import Foundation
import GRDB
import SrunKit

/// What is at the place where the database should be, found out without changing a byte of it.
///
/// SQLite is no help here: opened for writing it turns an empty file into a database, and it rolls back or checkpoints before
/// anybody has seen whose data that is.
struct DatabaseFile: Sendable {
    enum Content {
        case absent
        case empty
        case current
        case earlierTool
        /// Its writer died within a transaction, and only a connection that may write can tell what the database says.
        case interrupted
    }

    /// Absolute, links resolved: two names of one file must lead to one lock.
    let path: String

    /// A damaged page in a larger database is found when it is read; checking it all would delay every start.
    private static let fullyCheckedBytes: Int64 = 64 * 1024 * 1024

    init(path: String) throws(StoreError) {
        let url = URL(fileURLWithPath: path)
        let folder = url.deletingLastPathComponent()
        var information = stat()
        guard stat(folder.path, &information) == 0, information.isFolder else {
            throw StoreError(.cannotCreate, "The folder \(folder.path) does not exist; create it first.")
        }
        self.path = (Self.resolved(path) ?? Self.resolved(folder.path).map { $0 + "/" + url.lastPathComponent }) ?? path
    }

    private static func resolved(_ path: String) -> String? {
        guard let real = realpath(path, nil) else { return nil }
        defer { free(real) }
        return String(cString: real)
    }

    /// Refuses what can never be a database, before a lock file is made beside it.
    func checkPlace() throws(StoreError) {
        if case .shared(let kind) = FolderKind(of: URL(fileURLWithPath: path).deletingLastPathComponent().path) {
            throw StoreError(
                .unsuitablePlace,
                "\(path) is on a network file system (\(kind)), where SQLite's write-ahead log is not safe; put it on a disk of "
                    + "this machine, or keep the jobs of several machines with --store postgres.")
        }
        guard let file = try information() else { return }
        guard file.isRegular else {
            throw StoreError(.cannotCreate, "\(path) is not a file; name a file for the database.")
        }
        guard file.st_uid == geteuid() else {
            throw StoreError(.unsafePermissions, "\(path) belongs to another user; give it to the user that runs srun.")
        }
        guard file.st_mode & 0o022 == 0 else {
            throw StoreError(.unsafePermissions, "Others may write to \(path); take that away with 'chmod go-w'.")
        }
    }

    func content() throws(StoreError) -> Content {
        guard let file = try information() else { return .absent }
        guard file.st_size > 0 else { return .empty }
        try checkHeader(size: Int64(file.st_size))
        do {
            return try inspected { db in
                if file.st_size < Self.fullyCheckedBytes {
                    guard try String.fetchOne(db, sql: "PRAGMA quick_check(1)") == "ok" else {
                        throw Self.damaged(path)
                    }
                }
                return try kind(of: db)
            }
        } catch let error as StoreError {
            throw error
        } catch let error as DatabaseError where error.extendedResultCode == .SQLITE_READONLY_ROLLBACK {
            return .interrupted
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            throw StoreError(.cannotCreate, "\(path) cannot be opened; check its owner and mode.", underlying: error)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            throw StoreError(error)
        } catch {
            throw Self.damaged(path, underlying: error)
        }
    }

    /// Refuses to make a database where the log of another one lies: SQLite would apply it to the new one.
    func checkNothingIsLeftOver() throws(StoreError) {
        for suffix in ["-wal", "-journal"] where sideFileBytes(suffix) > 0 {
            throw StoreError(
                .corrupt, "\(path)\(suffix) is there without its database; restore both from a backup, or move it away."
            )
        }
    }

    /// Which file it is, as opposed to what it is called.
    func identity() -> FileIdentity? {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        return FileIdentity(device: UInt64(information.st_dev), inode: UInt64(information.st_ino))
    }

    private func kind(of db: Database) throws -> Content {
        let tables = try Set(String.fetchAll(db, sql: "SELECT name FROM sqlite_master WHERE type = 'table'"))
        if try Int32.fetchOne(db, sql: "PRAGMA application_id") == SQLiteSchema.applicationID {
            if try SQLiteSchema.migrator.hasBeenSuperseded(db) {
                throw StoreError(.newerSchema, "A newer srun wrote the database \(path); start that version.")
            }
            _ = try Row.fetchOne(db, sql: "SELECT 1 FROM jobs LIMIT 1")
            return .current
        }
        let columns = tables.contains("jobs") ? try Set(db.columns(in: "jobs").map(\.name)) : []
        guard columns.isSuperset(of: ["id", "command", "status"]) else {
            throw StoreError(.corrupt, "\(path) is a database of another program; name another file.")
        }
        return .earlierTool
    }

    /// Reads the database by a connection that cannot write.
    private func inspected<Value>(_ body: (Database) throws -> Value) throws -> Value {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.busyMode = .timeout(SQLiteStore.busyTimeout)
        let hasLog = sideFileBytes("-wal") > 0 || sideFileBytes("-journal") > 0
        // An immutable file is read without making the side files that reading a WAL database takes otherwise.
        let queue = try DatabaseQueue(path: hasLog ? path : Self.immutableURI(path), configuration: configuration)
        defer { try? queue.close() }
        return try queue.read(body)
    }

    static func immutableURI(_ path: String) -> String {
        let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
        return "file:\(escaped)?immutable=1"
    }

    /// The first 100 bytes, as https://www.sqlite.org/fileformat.html#the_database_header has them.
    private func checkHeader(size: Int64) throws(StoreError) {
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw StoreError(.cannotCreate, "\(path) cannot be read; check its owner and mode.")
        }
        defer { try? handle.close() }
        let header = (try? handle.read(upToCount: 100)).map { [UInt8]($0) } ?? []
        guard header.starts(with: Array("SQLite format 3\0".utf8)) else {
            throw StoreError(.corrupt, "\(path) is not a database; name another file, or restore it from a backup.")
        }
        guard header.count == 100 else { throw Self.damaged(path) }
        let rawPageBytes = header[16..<18].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let pages = header[28..<32].reduce(Int64(0)) { $0 << 8 | Int64($1) }
        let isCountValid = header[24..<28] == header[92..<96]
        let pageBytes = rawPageBytes == 1 ? 65_536 : rawPageBytes
        // With a log beside it the file may be shorter than it says: the rest is in the log.
        if isCountValid, sideFileBytes("-wal") == 0, sideFileBytes("-journal") == 0, size < pages * pageBytes {
            throw Self.damaged(path)
        }
    }

    private func information() throws(StoreError) -> stat? {
        var information = stat()
        if stat(path, &information) == 0 { return information }
        guard errno == ENOENT else {
            throw StoreError(.cannotCreate, "\(path) cannot be reached: \(String(cString: strerror(errno))).")
        }
        return nil
    }

    private func sideFileBytes(_ suffix: String) -> Int64 {
        var information = stat()
        return stat(path + suffix, &information) == 0 ? Int64(information.st_size) : 0
    }

    private static func damaged(_ path: String, underlying: (any Error)? = nil) -> StoreError {
        StoreError(.corrupt, "The database \(path) is damaged; restore it from a backup.", underlying: underlying)
    }
}

struct FileIdentity: Equatable, Sendable {
    let device: UInt64
    let inode: UInt64
}

extension stat {
    fileprivate var isRegular: Bool { st_mode & S_IFMT == S_IFREG }
    fileprivate var isFolder: Bool { st_mode & S_IFMT == S_IFDIR }
}
