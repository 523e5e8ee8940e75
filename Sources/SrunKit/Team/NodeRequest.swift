import Foundation

/// What one node asks another to do with a job that runs there, as JSON in the store. A node of the version before may be asked too: it
/// answers `unknown` to what it does not know.
struct NodeRequest: Codable, Sendable {
    enum Action: String, Codable, Sendable {
        case stop, input, resize, signal, usage
    }

    var action: Action
    var job: String
    /// Who asks.
    var actor: String?
    var bytes: Data?
    var columns: Int?
    var rows: Int?
    /// The number of a signal.
    var signal: Int32?
}

struct NodeAnswer: Codable, Sendable {
    enum Code: String, Codable, Sendable {
        case done, stopping, notRunning, noTerminal, badSize, jobNotFound, failed, unknown
    }

    var code: Code
    /// The status of the job, where it matters.
    var status: JobStatus?
    var usage: UsageHistory?

    init(_ code: Code, status: JobStatus? = nil) {
        self.code = code
        self.status = status
    }

    init(_ error: EngineError) {
        let code: Code =
            switch error.code {
            case .notRunning: .notRunning
            case .noTerminal: .noTerminal
            case .badSize: .badSize
            case .jobNotFound: .jobNotFound
            default: .failed
            }
        self.init(code, status: error.status)
    }

    /// What the caller is told; nil when all is well.
    func error(_ job: JobID) -> EngineError? {
        switch code {
        case .done, .stopping: nil
        case .notRunning: EngineError(.notRunning, status: status, "The job does not run.")
        case .noTerminal: EngineError(.noTerminal, "The job runs on pipes: it has no terminal.")
        case .badSize: EngineError(.badSize, "A terminal has 1 to 1000 columns and rows.")
        case .jobNotFound: .jobNotFound(job)
        case .failed, .unknown: EngineError(.ownerUnreachable, "The node that runs the job could not do this.")
        }
    }
}
