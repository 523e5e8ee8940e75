import Foundation
import SrunKit

/// A job as the API shows it, apart from the model: what the engine calls something may change, this may not.
///
/// Every key is always there; what is not known is null.
struct JobMessage: Encodable {
    private let job: Job

    init(_ job: Job) { self.job = job }

    private enum CodingKeys: CodingKey {
        case id, command, argv, cwd, env, secretEnv, tty, timeout, name, tags
        case status, pid, exitCode, signal, reason
        case createdAt, startedAt, completedAt, durationSeconds
        case unknown, placement, priority, group
        case node, outputBytes, outputDropped, restartOf, createdBy, stoppedBy, usage
        case stopping, paused, limits, nice, retries, retryOf, retryAt, attempt
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try encodeSpec(job.spec, into: &container)
        let end = job.state.end
        let outcome = end?.outcome
        try container.encode(job.id.text, forKey: .id)
        try container.encode(job.status.rawValue, forKey: .status)
        try container.encode(job.state.run?.processID, forKey: .pid)
        try container.encode(outcome?.exitCode, forKey: .exitCode)
        try container.encode(outcome?.signal, forKey: .signal)
        try container.encode(outcome?.reason, forKey: .reason)
        try container.encode(RFC3339.string(from: job.createdAt), forKey: .createdAt)
        try container.encode((job.state.run?.startedAt).map(RFC3339.string), forKey: .startedAt)
        try container.encode((end?.endedAt).map(RFC3339.string), forKey: .completedAt)
        try container.encode(duration?.inSeconds, forKey: .durationSeconds)
        try container.encode(job.isUnknown, forKey: .unknown)
        try container.encode(job.node.isEmpty ? nil : job.node, forKey: .node)
        try container.encode(job.outputBytes, forKey: .outputBytes)
        try container.encode(job.outputDropped, forKey: .outputDropped)
        try container.encode(job.restartOf?.text, forKey: .restartOf)
        try container.encode(job.createdBy, forKey: .createdBy)
        try container.encode(outcome?.stoppedBy ?? job.stoppedBy, forKey: .stoppedBy)
        try container.encode(outcome?.usage.map(UsageMessage.init), forKey: .usage)
        try container.encode(job.isStopping, forKey: .stopping)
        try container.encode(job.isPaused, forKey: .paused)
        try container.encode((end?.retryAt).map(RFC3339.string), forKey: .retryAt)
    }

    /// Of a job that has ended: as it was measured, or as far as its times tell.
    private var duration: Duration? {
        guard let end = job.state.end else { return nil }
        if let ranFor = end.ranFor { return ranFor }
        guard end.outcome.status != .lost, let run = job.state.run else { return nil }
        return .seconds(max(0, end.endedAt.timeIntervalSince(run.startedAt)))
    }

    private func encodeSpec(_ spec: JobSpec, into container: inout KeyedEncodingContainer<CodingKeys>) throws {
        // Always there, for people and for clients of the earlier tool; of the two, `argv` says exactly what runs.
        try container.encode(spec.commandText, forKey: .command)
        let arguments: [String]? = if case .arguments(let arguments) = spec.command { arguments } else { nil }
        try container.encode(arguments, forKey: .argv)
        try container.encode(spec.workingDirectory, forKey: .cwd)
        try container.encode(spec.environment, forKey: .env)
        // The names; the values are for the job alone.
        try container.encode(spec.secretEnvironment.keys.sorted(), forKey: .secretEnv)
        try container.encode(TTYMessage(spec.terminal), forKey: .tty)
        try container.encode(spec.timeLimit?.inSeconds, forKey: .timeout)
        try container.encode(spec.name, forKey: .name)
        try container.encode(spec.tags, forKey: .tags)
        try container.encode(PlacementMessage(spec.queueing.placement), forKey: .placement)
        try container.encode(spec.queueing.priority, forKey: .priority)
        try container.encode(spec.queueing.group.map(GroupMessage.init), forKey: .group)
        try container.encode(LimitsMessage(limits: spec.limits), forKey: .limits)
        try container.encode(spec.nice, forKey: .nice)
        try container.encode(spec.retries, forKey: .retries)
        try container.encode(spec.retry?.of.text, forKey: .retryOf)
        try container.encode(spec.attempt, forKey: .attempt)
    }
}

/// What a job used in all.
private struct UsageMessage: Encodable {
    private let usage: ResourceUsage

    init(_ usage: ResourceUsage) { self.usage = usage }

    private enum CodingKeys: CodingKey { case userSeconds, systemSeconds, maxResidentBytes, readBytes, writtenBytes }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(usage.userSeconds, forKey: .userSeconds)
        try container.encode(usage.systemSeconds, forKey: .systemSeconds)
        try container.encode(usage.maxResidentBytes, forKey: .maxResidentBytes)
        try container.encode(usage.readBytes, forKey: .readBytes)
        try container.encode(usage.writtenBytes, forKey: .writtenBytes)
    }
}

/// Every limit a job can have; null where it has none.
struct LimitsMessage: Encodable {
    let limits: JobLimits

    private enum CodingKeys: CodingKey { case memoryBytes, processes, cpuCores, openFiles, fileBytes, cpuSeconds }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(limits.memoryBytes, forKey: .memoryBytes)
        try container.encode(limits.processes, forKey: .processes)
        try container.encode(limits.cpuCores, forKey: .cpuCores)
        try container.encode(limits.openFiles, forKey: .openFiles)
        try container.encode(limits.fileBytes, forKey: .fileBytes)
        try container.encode(limits.cpuSeconds, forKey: .cpuSeconds)
    }
}

/// Where a job may run: `any`, or a node by name, or any node with a label.
struct PlacementMessage: Encodable {
    private let placement: Queueing.Placement

    init(_ placement: Queueing.Placement) { self.placement = placement }

    private enum CodingKeys: CodingKey { case node, label }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        let node: String? =
            switch placement {
            case .any: "any"
            case .node(let name): name
            case .label: nil
            }
        let label: String? = if case .label(let label) = placement { label } else { nil }
        try container.encode(node, forKey: .node)
        try container.encode(label, forKey: .label)
    }
}

struct GroupMessage: Encodable {
    let name: String
    let limit: Int

    init(_ group: Queueing.Group) { (name, limit) = (group.name, group.limit) }
}

/// The size of a terminal, or `false` for a job on pipes.
struct TTYMessage: Encodable {
    private let size: TerminalSize?

    init(_ size: TerminalSize?) { self.size = size }

    private enum CodingKeys: CodingKey { case cols, rows }

    func encode(to encoder: any Encoder) throws {
        guard let size else {
            var container = encoder.singleValueContainer()
            return try container.encode(false)
        }
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(size.columns, forKey: .cols)
        try container.encode(size.rows, forKey: .rows)
    }
}

extension Duration {
    /// As a number for JSON; the API counts in seconds.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}

/// A sentence for people, where there is nothing else to say.
struct PlainMessage: Encodable {
    let message: String
    var status: String?
}
