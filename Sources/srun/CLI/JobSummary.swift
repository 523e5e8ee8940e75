import Foundation

/// What the commands need to know of a job. Unknown keys are ignored, so a newer server is understood.
struct JobSummary: Decodable, Sendable {
    let id: String
    let command: String
    let status: String
    let exitCode: Int32?
    let signal: Int32?
    let reason: String?
    let createdAt: String
    let startedAt: String?
    let completedAt: String?
    let durationSeconds: Double?
    let name: String?
    let outputBytes: Int64?
    let node: String?
    /// Whether its node has lost contact, so that nobody knows what has become of it.
    let unknown: Bool?
    let paused: Bool?
    let stopping: Bool?

    private static let openStatuses: Set<String> = ["queued", "running"]

    var hasEnded: Bool { !Self.openStatuses.contains(status) }

    /// What `srun run` ends with: the job's exit code, and where it has none, what a shell would use in its place.
    var shellExitCode: Int32 {
        if status == "timeout" { return 124 }
        if let exitCode { return exitCode }
        if let signal { return 128 + signal }
        switch status {
        case "completed": return 0
        case "failed": return reason?.contains("ENOENT") == true ? 127 : 126
        case "stopped": return 128 + SIGTERM
        default: return ExitCodes.unavailable.rawValue
        }
    }

    /// What the exit code alone does not say; nil when it says everything.
    var remark: String? {
        let because = reason.map { ": \($0.trimmingPrefix("failed to start: "))" } ?? ""
        return switch status {
        case "timeout": "job \(id) reached its time limit"
        case "stopped": "job \(id) was stopped"
        case "lost": "job \(id) was lost\(because)"
        case "failed" where exitCode == nil && signal == nil: "job \(id) could not be started\(because)"
        default: nil
        }
    }
}

/// Times as the API writes them.
enum APITime {
    static func date(_ text: String?) -> Date? {
        guard let text else { return nil }
        return (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
            ?? (try? Date.ISO8601FormatStyle().parse(text))
    }
}
