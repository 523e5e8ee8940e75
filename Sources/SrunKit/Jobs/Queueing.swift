/// Where a job may run and when its turn comes.
public struct Queueing: Hashable, Sendable, Codable {
    public enum Placement: Hashable, Sendable, Codable {
        /// Whichever node is free first.
        case any
        case node(String)
        /// Any node that carries this label.
        case label(String)
    }

    /// Jobs of which only so many run at the same time, on all nodes together.
    public struct Group: Hashable, Sendable, Codable {
        public let name: String
        public let limit: Int

        public init(name: String, limit: Int) {
            self.name = name
            self.limit = limit
        }
    }

    public var placement: Placement
    /// Higher ones first; of the same, the oldest.
    public var priority: Int
    public var group: Group?

    public static let standard = Queueing()
    public static let priorities = -100...100
    public static let groupLimits = 1...10_000

    public init(placement: Placement = .any, priority: Int = 0, group: Group? = nil) {
        self.placement = placement
        self.priority = priority
        self.group = group
    }

    /// Whether a node with this name and these labels may run the job.
    public func mayRun(on node: String, labels: [String]) -> Bool {
        switch placement {
        case .any: true
        case .node(let name): name == node
        case .label(let label): labels.contains(label)
        }
    }

    func validate() throws(JobSpecError) {
        switch placement {
        case .any: break
        case .node(let name):
            guard Self.isName(name) else {
                throw JobSpecError(.invalidField, field: "node", "node must name a node, or be any")
            }
        case .label(let label):
            guard Self.isName(label) else {
                throw JobSpecError(
                    .invalidField, field: "label", "label must be 1 to 64 letters, digits, '-', '_' or '.'")
            }
        }
        guard Self.priorities.contains(priority) else {
            throw JobSpecError(.invalidField, field: "priority", "priority must be a whole number from -100 to 100")
        }
        if let group {
            guard Self.isName(group.name), Self.groupLimits.contains(group.limit) else {
                throw JobSpecError(
                    .invalidField, field: "group",
                    "group must have a name of 1 to 64 letters, digits, '-', '_' or '.', and a limit from 1 to 10000")
            }
        }
    }

    /// The names that nodes, labels and groups may have.
    public static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                    true
                default: false
                }
            }
    }
}
