/// What the engine could not do. A job that fails is not an error: its outcome says so.
public struct EngineError: Error, Sendable, CustomStringConvertible {
    public enum Code: Sendable, Hashable {
        case jobNotFound
        /// The job has ended already; ``EngineError/status`` says how.
        case notRunning
        /// The job must end first.
        case stillRunning
        /// It was told to stop, and the grace time was not enough.
        case stillStopping
        /// The job runs on pipes: nobody can type into it.
        case noTerminal
        /// A terminal cannot have this size.
        case badSize
        case queueFull
        case invalidSpec(JobSpecError)
        case storage(StoreError.Code)
        case shuttingDown
        /// The job runs on another node, and that one cannot be reached now.
        case ownerUnreachable
    }

    public let code: Code
    /// The job's status, where it matters.
    public let status: JobStatus?
    public let description: String

    init(_ code: Code, status: JobStatus? = nil, _ description: String) {
        self.code = code
        self.status = status
        self.description = description
    }

    init(_ error: StoreError) {
        self.init(error.code == .jobNotFound ? .jobNotFound : .storage(error.code), error.description)
    }

    static func jobNotFound(_ id: JobID) -> EngineError {
        EngineError(.jobNotFound, "There is no job \(id).")
    }

    static let shuttingDown = EngineError(.shuttingDown, "The server is shutting down.")
}
