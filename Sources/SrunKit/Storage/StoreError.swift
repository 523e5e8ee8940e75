/// What a store could not do. Callers branch on the code; the sentence is for people and never holds a command or output.
public struct StoreError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case jobNotFound
        case alreadyExists
        /// The step is not one a job can make from the status it has.
        case illegalTransition(from: JobStatus)
        /// Output may only continue at this offset.
        case gap(expected: Int64)
        /// No room left on the disk or in the database.
        case full
        /// The store does not answer now; the same call may succeed later.
        case unavailable
        /// Another server has this store open.
        case locked
        /// The data cannot be read: damaged, or not a store at all.
        case corrupt
        /// A newer version of srun wrote it.
        case newerSchema
        /// The place where the store should be cannot be created or opened.
        case cannotCreate
        /// The place exists but its owner or mode is not safe.
        case unsafePermissions
        /// The place is on a file system that cannot keep a store safe.
        case unsuitablePlace
        /// The server with the data does not let us in.
        case accessDenied
        /// The server with the data is not there, or the database is not.
        case unreachable
        /// The way to the server with the data is not encrypted.
        case insecure
        /// This node has lost its lease: it may not write until it has renewed it.
        case fenced
    }

    public let code: Code
    public let description: String
    public let underlying: (any Error)?

    public init(_ code: Code, _ description: String, underlying: (any Error)? = nil) {
        self.code = code
        self.description = description
        self.underlying = underlying
    }

    public static func jobNotFound(_ id: JobID) -> StoreError {
        StoreError(.jobNotFound, "There is no job \(id).")
    }
}

extension StoreError: Equatable {
    /// Two errors with the same code are the same answer, whatever they say.
    public static func == (left: StoreError, right: StoreError) -> Bool { left.code == right.code }
}
