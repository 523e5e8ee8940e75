import Foundation

/// Has commands started by the keeper, so that they outlive this process.
public final class KeptLauncher: ProcessLauncher {
    private let client: KeeperClient
    private let ringBytes: Int
    private let poller: DescriptorPoller

    public static let ringBytes = SharedRing.standardCapacity
    public static let ringSizes = SharedRing.capacities

    public init(_ client: KeeperClient, ringBytes: Int = KeptLauncher.ringBytes) throws(LaunchError) {
        self.client = client
        self.ringBytes = ringBytes
        poller = try DescriptorPoller()
    }

    public func launch(_ launch: ProcessLaunch) async throws(LaunchError) -> any RunningProcess {
        let order = try launch.order(ringBytes: ringBytes)
        let handover = try await client.spawn(order).get()
        do throws(LaunchError) {
            return try KeptProcess(handover, client: client, poller: poller)
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
            if let process = try? KeptProcess(handover, client: client, poller: poller) {
                processes[job.job] = process
            } else {
                ProcessTree(job: job.job, session: job.end == nil ? job.processID : nil).signal(SIGKILL)
                client.release(job.job)
            }
        }
        return processes
    }

    public func sweep(_ job: JobID) async -> Int {
        await ProcessTree(job: job, session: nil).sweep(poller: poller)
    }
}

extension ProcessLaunch {
    /// What the keeper, or a launcher in this process, starts.
    func order(ringBytes: Int = SharedRing.standardCapacity) throws(LaunchError) -> SpawnOrder {
        let (path, arguments) = try Executable.resolve(command, environment: environment)
        return SpawnOrder(
            job: job, path: path, arguments: arguments,
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(),
            directory: workingDirectory ?? environment["HOME"] ?? "/", terminal: terminal, ringBytes: ringBytes)
    }
}
