/// Decides how one run goes on and when it is over. Pure: an event in, what to do next out.
///
/// A run is over when its process has ended, nothing that was written before is unread, and, if it was to be stopped, its
/// tree is gone. The first reason to stop wins: a job that somebody stops a moment before its time limit was stopped.
struct SupervisionStateMachine {
    enum Event: Sendable {
        case processEnded(ProcessTermination)
        /// Every output has reached its end.
        case outputEnded
        /// The process is gone, but something still holds its output open.
        case drainTimeOver
        case stopRequested(StopRequest)
        case timeLimitReached
        /// With the processes that are still alive: usually none.
        case treeGone(survivors: [Int32])
    }

    enum Action: Equatable {
        /// Bring the tree to its end, then report `treeGone`.
        case tearDown(StopRequest.Urgency)
        /// Report `drainTimeOver` after the time that late output gets.
        case startDrainTimer
        case finish(JobOutcome)
    }

    private var termination: ProcessTermination?
    private var isDrained = false
    private(set) var cause: InterruptionCause?
    private var isTearingDown = false
    private var survivors: [Int32] = []

    /// Goes on with what an earlier server had begun. How the process has ended meanwhile does not change why.
    mutating func resume(_ cause: InterruptionCause) -> [Action] {
        switch cause {
        case .stop(let request): interrupt(cause, urgency: request.urgency)
        case .timeLimit: interrupt(cause, urgency: .graceful)
        }
    }

    mutating func handle(_ event: Event) -> [Action] {
        switch event {
        case .processEnded(let termination):
            self.termination = termination
            return isDrained ? finishIfOver() : [.startDrainTimer]
        case .outputEnded, .drainTimeOver:
            isDrained = true
            return finishIfOver()
        case .stopRequested(let request):
            return interrupt(.stop(request), urgency: request.urgency)
        case .timeLimitReached:
            return interrupt(.timeLimit, urgency: .graceful)
        case .treeGone(let survivors):
            isTearingDown = false
            self.survivors = survivors
            return finishIfOver()
        }
    }

    private mutating func interrupt(_ cause: InterruptionCause, urgency: StopRequest.Urgency) -> [Action] {
        // After the process has ended there is nothing left to stop: how it ended stands.
        guard self.cause == nil, termination == nil else { return [] }
        self.cause = cause
        isTearingDown = true
        return [.tearDown(urgency)]
    }

    private func finishIfOver() -> [Action] {
        guard !isTearingDown, let outcome else { return [] }
        return [.finish(outcome)]
    }

    private var outcome: JobOutcome? {
        guard let termination else {
            // Killed, and yet the kernel keeps it: say so instead of waiting for ever.
            guard cause != nil, !survivors.isEmpty else { return nil }
            return outcome(exit: nil, usage: nil)
        }
        return isDrained ? outcome(exit: termination.exit, usage: termination.usage) : nil
    }

    private func outcome(exit: ProcessExit?, usage: ResourceUsage?) -> JobOutcome {
        let alive = survivors.map { "\($0)" }.joined(separator: ", ")
        let remark = survivors.isEmpty ? nil : "\(JobOutcome.survivorRemark) \(alive)"
        switch cause {
        case .stop(let request):
            let reason = [request.reason, remark].compactMap { $0 }.joined(separator: "; ")
            return JobOutcome(.stopped(exit), reason: reason.isEmpty ? nil : reason, usage: usage)
        case .timeLimit:
            return JobOutcome(.timedOut(exit), reason: remark, usage: usage)
        case nil:
            // Without a cause there was no teardown, so the process has ended by itself.
            return JobOutcome(exit.map { .exited($0) } ?? .lost, reason: remark, usage: usage)
        }
    }
}

/// Why a run is brought to its end before it ends by itself.
enum InterruptionCause: Hashable, Sendable {
    case stop(StopRequest)
    case timeLimit

    /// What a next server has to know.
    var note: String {
        switch self {
        case .timeLimit: "timeout"
        case .stop(let request):
            "stop \(request.urgency == .shutdown ? "shutdown" : "graceful") \(request.reason ?? "")\n\(request.actor ?? "")"
        }
    }

    /// Nil for text that ``note`` has not made, such as none.
    init?(note: String) {
        if note == "timeout" {
            self = .timeLimit
            return
        }
        let lines = note.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
        // The second line is missing in what an earlier version wrote.
        let actor = lines.count == 2 && !lines[1].isEmpty ? String(lines[1]) : nil
        let parts = (lines.first ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "stop" else { return nil }
        self = .stop(
            StopRequest(
                urgency: parts[1] == "shutdown" ? .shutdown : .graceful,
                reason: parts[2].isEmpty ? nil : String(parts[2]), actor: actor))
    }
}

/// That a job is to stop, and why.
struct StopRequest: Hashable, Sendable {
    enum Urgency: Hashable, Sendable {
        /// The grace time of the configuration.
        case graceful
        /// The shorter one that a shutdown allows.
        case shutdown
    }

    let urgency: Urgency
    /// For people; nil when the status says it all.
    let reason: String?
    /// Who asks; nil when nobody in particular does.
    var actor: String?

    static func asked(by actor: String?) -> StopRequest {
        StopRequest(urgency: .graceful, reason: nil, actor: actor)
    }

    static let leaseLoss = StopRequest(urgency: .graceful, reason: "its node lost contact with the team")
    static let serverShutdown = StopRequest(urgency: .shutdown, reason: "the server was shut down")
}
