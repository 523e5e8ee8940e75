/// How a node behaves in a team. Without a ``TeamStore`` it means nothing.
public struct TeamConfiguration: Hashable, Sendable {
    public enum LeaseLoss: String, Sendable, CaseIterable {
        /// Jobs run on, and their output waits.
        case keep
        /// Jobs are stopped: for work that must not go on where nobody can see it.
        case stop
    }

    public var labels: [String]
    public var version: String
    public var machine: String
    /// How long the others wait for a sign of life before they call a node's jobs unknown.
    public var lease: Duration
    /// How long after that its jobs are lost.
    public var grace: Duration
    public var onLeaseLoss: LeaseLoss

    public init(
        labels: [String] = [], version: String = "", machine: String = "", lease: Duration = .seconds(30),
        grace: Duration = .seconds(300), onLeaseLoss: LeaseLoss = .keep
    ) {
        self.labels = labels
        self.version = version
        self.machine = machine
        self.lease = lease
        self.grace = grace
        self.onLeaseLoss = onLeaseLoss
    }

    /// Six chances to renew a lease before it is over.
    var heartbeat: Duration { lease / 6 }
}
