/// What an operator may set.
public struct EngineConfiguration: Sendable {
    /// The name under which this server writes the jobs it runs.
    public var node: String
    /// How many jobs run at the same time; further ones are queued.
    public var runningLimit: Int
    /// How many jobs may wait; further ones are refused.
    public var queueLimit: Int
    /// How long a job that is to stop is asked before it is killed. At a shutdown of the server it is cut to
    /// ``shutdownGrace``.
    public var stopGrace: Duration
    /// Variables of the server's environment that every job gets, by name and value.
    public var passedEnvironment: [String: String]
    /// Which jobs are removed some time after their end.
    public var retention: RetentionPolicy
    /// New jobs are refused while less room is left. Only for a store that is ``SpaceReporting``.
    public var diskFloor: DiskFloor

    /// How much output is kept of one job, its beginning and its end half of it each; nil for all. Only for a store that is
    /// ``OutputTrimming``.
    public var outputQuota: Int64?
    /// Whether output is indexed for the search of all jobs. Only for a store that is ``SearchIndexing``.
    public var indexesOutput: Bool

    /// How this server takes part in a team, when its store is shared.
    public var team = TeamConfiguration()

    /// Whether to look once a second at what running jobs use.
    public var samplesUsage = false
    /// What jobs may not do.
    public var confinement = JobConfinement()

    /// Leaves room within the 15 seconds a shutdown may take.
    public static let shutdownGrace = Duration.seconds(8)

    /// How long a shutdown waits for a store that takes nothing.
    static let shutdownLimit = Duration.seconds(12)

    public init(
        node: String, runningLimit: Int = 16, queueLimit: Int = 1000, stopGrace: Duration = .seconds(10),
        passedEnvironment: [String: String] = [:], retention: RetentionPolicy = .keepsEverything,
        diskFloor: DiskFloor = .none, outputQuota: Int64? = nil,
        indexesOutput: Bool = true
    ) {
        self.node = node
        self.runningLimit = max(1, runningLimit)
        self.queueLimit = max(0, queueLimit)
        self.stopGrace = max(.zero, stopGrace)
        self.passedEnvironment = passedEnvironment
        self.retention = retention
        self.diskFloor = diskFloor
        self.indexesOutput = indexesOutput
        self.outputQuota = outputQuota.map { max(1, $0) }
    }
}
