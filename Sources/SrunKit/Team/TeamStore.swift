public import Foundation

/// A store that several servers share, each one a *node* of a team. Not every store is one; whoever needs it asks with `as?`, once.
///
/// **Leases.** A node joins and holds a lease, on the store's clock, which it renews. With the lease goes an *epoch*, a number that
/// no earlier life of the node had. From then on every write of a job that runs (``JobStore/advance(_:to:)``,
/// ``LogSink/append(_:to:)``, an ``JobStore/insert(_:)`` of a running job) is refused with ``StoreError/Code/fenced`` unless the
/// lease is good, the epoch the present one, and the job this node's. Whoever was paused for longer than its lease therefore
/// changes nothing when it wakes up. ``renew(_:)`` makes an expired lease good again as long as nobody has buried the node.
///
/// **Burial.** Once a lease has been over for the grace time, any node buries its owner: the epoch is raised and its running jobs are
/// `lost`, in one step. Nobody runs them again.
///
/// **Claims.** A queued job that may run on several nodes is given to exactly one of them, the highest priority and then the oldest
/// first, and to nobody while its group is full.
///
/// **Wake-ups** are hints, which may come late, twice or not at all. What is true stands in the store, and whoever waits for a
/// hint also looks by itself now and then.
public protocol TeamStore: JobStore, LogSink {
    /// Makes this store write for a node. Running jobs of an earlier life of the node become its own.
    ///
    /// - Throws: ``StoreError/Code/locked`` when another machine holds a good lease of that name, or
    ///   ``StoreError/Code/unavailable``.
    func join(_ node: TeamNode, lease: Duration) async throws(StoreError)

    /// Renews the lease.
    ///
    /// - Throws: ``StoreError/Code/fenced`` when the node was buried, and must join again; ``StoreError/Code/unavailable``.
    func renew(_ load: NodeLoad) async throws(StoreError) -> Renewal

    /// Gives up the lease. The node's name stays in the list.
    func leave() async throws(StoreError)

    /// Every node that there was in the last days, by name.
    func nodes() async throws(StoreError) -> [NodeStatus]

    /// - Throws: ``StoreError/Code/jobNotFound`` when there is no such node.
    func setDraining(_ isDraining: Bool, node: String) async throws(StoreError)

    /// Takes queued jobs for this node and makes them running, from now on this node's.
    func claim(limit: Int) async throws(StoreError) -> [Job]

    /// Buries every node whose lease has been over for the grace time.
    ///
    /// - Returns: The jobs that are lost now.
    func bury(after grace: Duration) async throws(StoreError) -> [JobID]

    /// The jobs that are to be tried again by now and whose node has left or was buried, the earliest first; not necessarily all. Any
    /// node may make the try: only one insert of it is accepted.
    func retriesLeftBehind(at now: Date) async throws(StoreError) -> [Job]

    /// The jobs that were added, have changed or were removed since a mark, some perhaps more than once.
    ///
    /// - Parameter mark: Nil begins now and returns nothing but the mark.
    func changes(since mark: ChangeMark?) async throws(StoreError) -> (jobs: [JobChange], mark: ChangeMark)

    /// Asks another node for something.
    ///
    /// - Returns: The number by which the answer is found.
    func send(_ request: String, to node: String) async throws(StoreError) -> Int64

    /// Takes what other nodes ask of this one; each is returned once.
    func takeRequests() async throws(StoreError) -> [(number: Int64, body: String)]

    func answer(_ number: Int64, _ text: String) async throws(StoreError)

    /// The answer to a request, when it is there.
    func takeAnswer(to number: Int64) async throws(StoreError) -> String?

    /// Removes messages that nobody waits for any more. Done by one node for all.
    func removeOldMessages() async throws(StoreError)

    /// What has become of jobs, and what they have printed since; all at once, for there may be many. The jobs come from no later
    /// moment than the output, so a job that has ended says how much of it there is.
    ///
    /// - Returns: Nothing for a job that is not there.
    func news(of places: [OutputPlace]) async throws(StoreError) -> [JobNews]

    /// Tells the other nodes to look.
    func announce(_ wakeUps: [WakeUp]) async throws(StoreError)

    /// What other nodes announce. Ends when the store is closed.
    func wakeUps() -> AsyncStream<WakeUp>
}

/// What a node says of itself when it joins.
public struct TeamNode: Hashable, Sendable {
    public var name: String
    /// Tells two servers apart that were given one name by mistake: a server that starts again on the same machine, from the same
    /// folder, is the same node, and takes its lease over at once.
    public var machine: String
    public var version: String
    public var labels: [String]
    /// How many jobs it runs at once.
    public var capacity: Int

    public init(name: String, machine: String, version: String, labels: [String], capacity: Int) {
        self.name = name
        self.machine = machine
        self.version = version
        self.labels = labels
        self.capacity = capacity
    }
}

/// What a node says of itself whenever it renews its lease.
public struct NodeLoad: Hashable, Sendable {
    public var running: Int
    /// Where its API is reached; empty while that is unknown.
    public var address: String

    public init(running: Int, address: String) {
        self.running = running
        self.address = address
    }
}

/// What a node learns when it has renewed its lease.
public struct Renewal: Hashable, Sendable {
    public var isDraining: Bool
    /// How many other nodes have a good lease.
    public var others: Int
    /// Whether this is the node that does what one node does for all: the first by name of those with a good lease.
    public var isFirst: Bool
    public var queued: Int
    /// The nodes whose lease is over and that nobody has buried yet.
    public var silent: Set<String>

    public init(isDraining: Bool, others: Int, isFirst: Bool, queued: Int, silent: Set<String> = []) {
        self.isDraining = isDraining
        self.others = others
        self.isFirst = isFirst
        self.queued = queued
        self.silent = silent
    }
}

public struct NodeStatus: Hashable, Sendable {
    public enum State: String, Sendable {
        case up
        /// Finishes what it runs and takes nothing new.
        case draining
        /// Its lease is over; what has become of it is not known yet.
        case unknown
        /// It has left, or was buried.
        case down
    }

    public var node: TeamNode
    public var address: String
    public var running: Int
    /// How many jobs wait for this node and no other.
    public var queued: Int
    public var state: State
    public var heartbeatAt: Date

    public init(node: TeamNode, address: String, running: Int, queued: Int, state: State, heartbeatAt: Date) {
        self.node = node
        self.address = address
        self.running = running
        self.queued = queued
        self.state = state
        self.heartbeatAt = heartbeatAt
    }
}

/// A place in the sequence of changes; only the store knows what the number means.
public struct ChangeMark: Hashable, Sendable {
    public let value: Int64

    public init(_ value: Int64) { self.value = value }
}

public struct JobChange: Hashable, Sendable {
    public let job: JobID
    /// Which change it was: the same one is seen again with the same number.
    public let number: Int64

    public init(job: JobID, number: Int64) {
        self.job = job
        self.number = number
    }
}

/// Up to where the output of a job is known.
public struct OutputPlace: Hashable, Sendable {
    public let job: JobID
    public let offset: Int64

    public init(job: JobID, offset: Int64) {
        self.job = job
        self.offset = offset
    }
}

public struct JobNews: Sendable {
    public let job: Job
    /// The next output, not necessarily all; it begins later than asked for where output was dropped.
    public let chunks: [LogChunk]

    public init(job: Job, chunks: [LogChunk]) {
        self.job = job
        self.chunks = chunks
    }
}

public enum WakeUp: Hashable, Sendable {
    /// There may be a job to claim.
    case queue
    /// Jobs have changed.
    case changes
    /// There is a request for a node, or an answer.
    case requests
    /// There is more output of a job.
    case output(JobID)
    /// Whether hints arrive at all; from the store itself.
    case listening(Bool)
}
