import Foundation
import GRDB
import SrunKit

/// Makes a database beside its place and moves it there when it is whole, so that a crash leaves the place as it was.
struct NewDatabase {
    let path: String
    private var draft: String { path + ".new" }

    /// - Parameter fill: Called within the one transaction that also makes the tables.
    func create(fill: (Database) throws -> Void = { _ in }) throws(StoreError) {
        do {
            try PrivateFile.create(at: draft)
            try build(fill)
            try PrivateFile.sync(draft)
            guard rename(draft, path) == 0 else { throw PrivateFile.failure(path) }
            try PrivateFile.sync(URL(fileURLWithPath: path).deletingLastPathComponent().path)
        } catch {
            unlink(draft)
            throw StoreError(error)
        }
    }

    private func build(_ fill: (Database) throws -> Void) throws {
        var configuration = Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA page_size = \(SQLiteSchema.pageBytes)")
            // No journal: a draft that fails is thrown away.
            _ = try String.fetchOne(db, sql: "PRAGMA journal_mode = OFF")
            try db.execute(sql: "PRAGMA synchronous = OFF")
        }
        let queue = try DatabaseQueue(path: draft, configuration: configuration)
        defer { try? queue.close() }
        try SQLiteSchema.migrator.migrate(queue)
        try queue.write(fill)
    }
}

/// Files that only their owner may read, from the moment they exist.
enum PrivateFile {
    /// Makes an empty file. One that an earlier attempt has left is replaced.
    static func create(at path: String) throws(StoreError) {
        unlink(path)
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        close(descriptor)
    }

    /// Has what was written to a file, or the names in a folder, survive a loss of power.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure(path) }
    }

    static func failure(_ path: String) -> StoreError {
        let code: StoreError.Code = errno == ENOSPC || errno == EDQUOT ? .full : .cannotCreate
        return StoreError(code, "\(path) cannot be created: \(String(cString: strerror(errno))).")
    }
}
