import GRDB
import SrunKit

extension StoreError {
    /// What an error of SQLite means to those who use a store: the one place where that is decided.
    init(_ error: any Error) {
        if let error = error as? StoreError {
            self = error
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.unavailable, "The database cannot be used now; try again.", underlying: error)
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.full, "The disk with the database is full; make room or remove jobs.", underlying: error)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.unavailable, "Another program keeps the database busy; end it and try again.", underlying: error)
        case .SQLITE_IOERR:
            self.init(.unavailable, "The disk with the database reports an error; check it.", underlying: error)
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.corrupt, "The database is damaged; restore it from a backup.", underlying: error)
        case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .cannotCreate, "The database cannot be written; check the owner and mode of it and of its folder.",
                underlying: error)
        default:
            self.init(.unavailable, "The database cannot be used now; try again.", underlying: error)
        }
    }
}

extension DatabaseError {
    /// Whether the same transaction would fail as a whole again, so that trying its parts one by one is in vain.
    var concernsWholeDatabase: Bool {
        switch resultCode {
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_CANTOPEN,
            .SQLITE_READONLY, .SQLITE_MISUSE:
            true
        default: false
        }
    }

    /// Whether the kernel could not write to the disk what it had accepted before. It tells so once, and drops the data: a second
    /// try would succeed and mean nothing.
    var isFailedSync: Bool {
        extendedResultCode == .SQLITE_IOERR_FSYNC || extendedResultCode == .SQLITE_IOERR_DIR_FSYNC
    }
}
