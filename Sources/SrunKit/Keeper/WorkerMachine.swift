/// What a worker makes of the keeper's messages. Pure.
///
/// A message whose descriptors found no room is not thrown away: the job is asked for again, a few times, since the next close of
/// anything makes room.
struct WorkerMachine {
    enum Action: Hashable, Sendable {
        /// The answer to a request: the job with the descriptors that came with the message.
        case started(request: UInt32, KeptJob)
        case failed(request: UInt32, errorNumber: Int32, reason: String)
        /// A job of an earlier worker.
        case adopt(KeptJob)
        case ended(JobID, KeptEnd)
        case keep(String)
        case begin
        case end(hurry: Bool)
        case leave(isLast: Bool)
        case upgradeRefused(String)
        case send(WorkerMessage, afterMilliseconds: Int)
        /// The end of a job whose descriptors cannot be had.
        case giveUp(KeptJob, request: UInt32?)
        case unusable(String)
    }

    private(set) var owner: Int32 = 0
    private(set) var restarts: Int64 = 0
    private var everythingIsSent = false
    private var hasBegun = false
    /// Jobs that were announced without all of their descriptors, and how often they were asked for.
    private var incomplete: [JobID: (request: UInt32?, attempts: Int)] = [:]

    static let attempts = 20
    static let attemptPause = 100

    mutating func handle(_ message: KeeperMessage, hasAllDescriptors: Bool) -> [Action] {
        switch message {
        case .welcome(let version, let owner, let restarts):
            guard version >= KeeperProtocol.oldestVersion, version <= KeeperProtocol.version else {
                return [.unusable("the keeper speaks another version of the protocol: end srun and start it anew")]
            }
            self.owner = owner
            self.restarts = restarts
            return []
        case .kept(let name): return hasAllDescriptors ? [.keep(name)] : []
        case .job(let job):
            guard hasAllDescriptors else { return missing(job, request: nil) }
            if let entry = incomplete.removeValue(forKey: job.job), let request = entry.request {
                return [.started(request: request, job)]
            }
            return [.adopt(job)] + begin()
        case .begin:
            everythingIsSent = true
            return begin()
        case .spawned(let request, let job):
            return hasAllDescriptors ? [.started(request: request, job)] : missing(job, request: request)
        case .refused(let request, let errorNumber, let reason):
            return [.failed(request: request, errorNumber: errorNumber, reason: reason)]
        case .ended(let job, let end): return [.ended(job, end)]
        case .end(let hurry): return [.end(hurry: hurry)]
        case .leave(let isLast): return [.leave(isLast: isLast)]
        case .upgradeRefused(let reason): return [.upgradeRefused(reason)]
        }
    }

    /// Once every job of the earlier worker is there, or given up.
    private mutating func begin() -> [Action] {
        guard everythingIsSent, !hasBegun, incomplete.isEmpty else { return [] }
        hasBegun = true
        return [.begin]
    }

    private mutating func missing(_ job: KeptJob, request: UInt32?) -> [Action] {
        let entry = incomplete[job.job] ?? (request, 0)
        guard entry.attempts < Self.attempts else {
            incomplete[job.job] = nil
            return [.giveUp(job, request: entry.request)] + begin()
        }
        incomplete[job.job] = (entry.request, entry.attempts + 1)
        return [.send(.again(job.job), afterMilliseconds: Self.attemptPause)]
    }
}
