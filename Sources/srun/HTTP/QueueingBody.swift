import SrunKit

/// Reads where a job may run and when its turn comes.
enum QueueingBody {
    static func queueing(_ value: (String) -> JSONValue?) throws -> Queueing {
        Queueing(
            placement: try placement(value("node"), value("label")), priority: try priority(value("priority")),
            group: try group(value("group")))
    }

    private static func placement(_ node: JSONValue?, _ label: JSONValue?) throws(RequestError) -> Queueing.Placement {
        switch (node, label) {
        case (nil, nil), (.string("any"), nil): return .any
        case (.string(let name), nil): return .node(name)
        case (nil, .string(let label)), (.string("any"), .string(let label)): return .label(label)
        case (_?, nil): throw .invalidField("node", "node must be a string")
        case (nil, _?): throw .invalidField("label", "label must be a string")
        case (_?, _?): throw .invalidField("label", "there must be only one of node and label")
        }
    }

    private static func priority(_ value: JSONValue?) throws(RequestError) -> Int {
        guard let value else { return 0 }
        guard case .number(.integer(let number)) = value, let priority = Int(exactly: number) else {
            throw .invalidField("priority", "priority must be a whole number from -100 to 100")
        }
        return priority
    }

    private static func group(_ value: JSONValue?) throws -> Queueing.Group? {
        guard let value else { return nil }
        guard case .object(let members) = value, let name = value["name"]?.text,
            case .number(.integer(let limit)) = value["limit"], let limit = Int(exactly: limit)
        else { throw RequestError.invalidField("group", "group must be an object with a name and a limit") }
        try JobBody.refuseUnknown(members, allowed: ["name", "limit"], within: "group.")
        return Queueing.Group(name: name, limit: limit)
    }
}
