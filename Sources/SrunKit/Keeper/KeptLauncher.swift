import Foundation

/// Has commands started by the keeper, so that they outlive this process.
public final class KeptLauncher: ProcessLauncher {
    private let client: KeeperClient
    private let ringBytes: Int
    private let poller: DescriptorPoller
    private let pending: PendingStarts

    public static let ringBytes = SharedRing.standardCapacity
    public static let ringSizes = SharedRing.capacities

    public init(_ client: KeeperClient, ringBytes: Int = KeptLauncher.ringBytes) throws(LaunchError) {
        self.client = client
        self.ringBytes = ringBytes
        poller = try DescriptorPoller()
        if let memory = client.takeKept(PendingStarts.name).map(Descriptor.init),
            let pending = PendingStarts(adopting: memory)
        {
            self.pending = pending
        } else {
            let (pending, memory) = try PendingStarts.make()
            client.keep(memory.number, as: PendingStarts.name)
            self.pending = pending
        }
    }

    public func willLaunch(_ job: JobID) { pending.insert(job) }
    public func willNotLaunch(_ job: JobID) { pending.remove(job) }
    public func neverLaunched() async -> Set<JobID> { pending.found }

    public func launch(_ launch: ProcessLaunch) async throws(LaunchError) -> any RunningProcess {
        let order = try launch.order(ringBytes: ringBytes)
        // The last moment at which it is certain that it has not run.
        pending.remove(launch.job)
        let handover = try await client.spawn(order).get()
        do throws(LaunchError) {
            let group = order.cgroups.isEmpty ? nil : JobCgroup(launch.job)
            return try KeptProcess(handover, isNew: true, group: group, client: client, poller: poller)
        } catch {
            // It runs, but nobody can read it.
            ProcessTree(job: launch.job, session: handover.job.processID).signal(SIGKILL)
            client.release(launch.job)
            throw error
        }
    }

    public func adopt() async -> [JobID: any RunningProcess] {
        var processes: [JobID: any RunningProcess] = [:]
        for handover in client.adopted() {
            let job = handover.job
            if let process = try? KeptProcess(
                handover, isNew: false, group: JobCgroup(job.job), client: client, poller: poller)
            {
                processes[job.job] = process
            } else {
                ProcessTree(job: job.job, session: job.end == nil ? job.processID : nil).signal(SIGKILL)
                client.release(job.job)
            }
        }
        JobCgroup.removeEmpty()
        return processes
    }

    public func sweep(_ job: JobID) async -> Int {
        await ProcessTree(job: job, session: nil).sweep(poller: poller)
    }
}

extension ProcessLaunch {
    /// What the keeper, or a launcher in this process, starts.
    func order(ringBytes: Int = SharedRing.standardCapacity) throws(LaunchError) -> SpawnOrder {
        var environment = environment
        if let account = confinement.account {
            environment.merge(
                ["HOME": account.home, "USER": account.name, "LOGNAME": account.name, "SHELL": account.shell]
            ) { $1 }
        }
        let home = environment["HOME"] ?? "/"
        let directory = workingDirectory ?? home
        var (path, arguments) = try Executable.resolve(command, environment: environment)
        if confinement.sandbox != .none {
            // Looked for by srun, not on the job's PATH: the job has no say in what confines it.
            let inner = [path] + arguments.dropFirst()
            let outer = confinement.wrapped(inner, directory: directory, home: home)
            (path, arguments) = try Executable.resolve(
                .arguments(outer), environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"])
        }
        var order = SpawnOrder(
            job: job, path: path, arguments: arguments,
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(), directory: directory,
            terminal: terminal, ringBytes: ringBytes)
        order.nice = Int32(nice)
        order.allowsNewPrivileges = confinement.allowsSetuid
        order.identity = confinement.account?.identity
        let groups = JobCgroup(job).make(limits)
        order.cgroups = groups.joined
        order.limits = limits.resourceLimits(hasMemoryGroup: groups.limited.contains(.memory))
        return order
    }
}
