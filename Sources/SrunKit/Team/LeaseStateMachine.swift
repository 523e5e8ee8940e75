/// What a node may do, as far as it knows. Pure: it knows no clock and no store; the engine tells it what has happened and when.
///
/// The node's own clock only ever makes it more careful: it believes in its lease for as long as counts from *before* it asked for
/// it, so it stops believing before the store does. What it may write, the store decides anyway, by lease and epoch.
struct LeaseStateMachine {
    enum State: Equatable {
        /// Holds a lease until this time, which counts from any fixed moment.
        case held(until: Duration)
        /// Does not know: the store has not answered for longer than the lease.
        case lost
        /// Was buried: everything it ran is lost, and it must join again.
        case buried
        case outside
    }

    enum Action: Equatable {
        /// The lease is over, and jobs are to be stopped.
        case stopJobs
        /// Nothing of what still runs here is this node's any more.
        case discardJobs
        case rejoin
    }

    private(set) var state = State.outside
    private let lease: Duration
    private let stopsJobs: Bool
    var isDraining = false

    init(lease: Duration, stopsJobs: Bool) {
        self.lease = lease
        self.stopsJobs = stopsJobs
    }

    /// Whether new jobs may begin here.
    func mayBegin(at now: Duration) -> Bool {
        guard case .held(let until) = state else { return false }
        return now < until && !isDraining
    }

    func holdsLease(at now: Duration) -> Bool {
        guard case .held(let until) = state else { return false }
        return now < until
    }

    mutating func joined(askedAt start: Duration) {
        state = .held(until: start + lease)
    }

    /// - Parameter start: When the store was asked, not when it answered.
    mutating func renewed(askedAt start: Duration) {
        if state != .outside { state = .held(until: start + lease) }
    }

    mutating func refused() -> [Action] {
        guard state != .outside, state != .buried else { return [] }
        state = .buried
        return [.discardJobs, .rejoin]
    }

    /// Time has passed.
    mutating func tick(_ now: Duration) -> [Action] {
        switch state {
        case .held(let until) where now >= until:
            state = .lost
            return stopsJobs ? [.stopJobs] : []
        case .buried: return [.rejoin]
        default: return []
        }
    }

    mutating func left() { state = .outside }
}
