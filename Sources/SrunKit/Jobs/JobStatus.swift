/// What has become of a job, in one word. The raw values are what the API and the stores write.
///
/// A final status never changes. `docs/job-states.md` has the diagram.
public enum JobStatus: String, Sendable, Hashable, CaseIterable, Codable {
    /// Accepted, and waiting for a free slot.
    case queued
    /// Its process is being started or runs.
    case running
    /// The command ended with exit code 0.
    case completed
    /// The command ended otherwise: another exit code, a signal that srun did not send, or it could not be started.
    case failed
    /// A person asked for it, or the server was told to end.
    case stopped
    /// Its time limit ran out.
    case timeout
    /// The node that ran it died, so nobody knows how it ended.
    case lost

    public var isFinal: Bool {
        switch self {
        case .queued, .running: false
        case .completed, .failed, .stopped, .timeout, .lost: true
        }
    }
}
