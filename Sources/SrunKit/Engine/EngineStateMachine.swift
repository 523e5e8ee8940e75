import OrderedCollections

/// Decides which jobs run, which wait and which are refused. Pure: it starts nothing and knows no time; the engine does what it
/// answers.
///
/// A job is *known* from its submission until it has ended. `docs/job-states.md` has the picture.
struct EngineStateMachine {
    private let runningLimit: Int
    private let queueLimit: Int

    private var running: Set<JobID> = []
    /// In the order in which they will start.
    private var queue: OrderedSet<JobID> = []
    /// Of the known jobs, what is not standard.
    private var wishes: [JobID: Queueing] = [:]
    private(set) var isShuttingDown = false

    init(runningLimit: Int, queueLimit: Int) {
        self.runningLimit = runningLimit
        self.queueLimit = queueLimit
    }

    var runningCount: Int { running.count }
    var queuedCount: Int { queue.count }
    /// How many more jobs may run.
    var freeSlots: Int { isShuttingDown ? 0 : max(0, runningLimit - running.count) }

    /// A job that the team has given to this node: it runs.
    mutating func admit(_ id: JobID) {
        running.insert(id)
    }

    enum SubmitDecision: Equatable {
        case start
        case enqueue
        case refuse(EngineRefusal)
    }

    enum EngineRefusal: Equatable {
        case queueFull
        case shuttingDown
    }

    mutating func submit(_ id: JobID, _ queueing: Queueing = .standard) -> SubmitDecision {
        if isShuttingDown { return .refuse(.shuttingDown) }
        // Those that wait for their group do not hold up others.
        if running.count < runningLimit, !queue.contains(where: hasRoom), hasRoom(queueing.group) {
            note(queueing, of: id)
            running.insert(id)
            return .start
        }
        guard queue.count < queueLimit else { return .refuse(.queueFull) }
        resume(id, queueing)
        return .enqueue
    }

    private mutating func note(_ queueing: Queueing, of id: JobID) {
        if queueing != .standard { wishes[id] = queueing }
    }

    private func hasRoom(_ id: JobID) -> Bool { hasRoom(wishes[id]?.group) }

    private func hasRoom(_ group: Queueing.Group?) -> Bool {
        guard let group else { return true }
        return running.count { wishes[$0]?.group?.name == group.name } < group.limit
    }

    private func priority(of id: JobID) -> Int { wishes[id]?.priority ?? 0 }

    /// A job that an earlier server had queued. It was accepted once, so no limit refuses it now.
    mutating func resume(_ id: JobID, _ queueing: Queueing = .standard) {
        note(queueing, of: id)
        let place = queue.firstIndex { priority(of: $0) < queueing.priority } ?? queue.endIndex
        queue.insert(id, at: place)
    }

    /// A job that runs already, under whatever limit it was started.
    mutating func adopt(_ id: JobID, _ queueing: Queueing = .standard) {
        note(queueing, of: id)
        running.insert(id)
    }

    /// The jobs that may start now, in order. They count as running from here on.
    mutating func startNext() -> [JobID] {
        guard !isShuttingDown else { return [] }
        var ready: [JobID] = []
        for id in queue {
            guard running.count < runningLimit else { break }
            guard hasRoom(id) else { continue }
            running.insert(id)
            ready.append(id)
        }
        // One by one: they are few, near the front, and the rest of a long queue stays as it is.
        for id in ready { queue.remove(id) }
        return ready
    }

    enum StopDecision: Equatable {
        /// It runs, or is about to: its supervisor has to be told.
        case interrupt
        /// It had not been started and will not be.
        case withdrawn
        case unknown
    }

    mutating func stop(_ id: JobID) -> StopDecision {
        if running.contains(id) { return .interrupt }
        return queue.remove(id) == nil ? .unknown : .withdrawn
    }

    /// Its slot is free again.
    mutating func ended(_ id: JobID) {
        running.remove(id)
        queue.remove(id)
        wishes[id] = nil
    }

    /// Nothing starts any more. What waits stays in the store, for the next server to resume.
    ///
    /// - Returns: The jobs to stop; none at the second call.
    mutating func shutDown() -> Set<JobID> {
        guard !isShuttingDown else { return [] }
        isShuttingDown = true
        return running
    }
}
