import CPTY
import Foundation
import Synchronization

/// Starts a job's process and makes everything that the keeper holds of it.
enum KeeperSpawn {
    /// The order in which a job's descriptors travel: ring, both ends of the staging pipe, process, then the terminal or the two
    /// reading ends of pipes.
    enum Place {
        static let ring = 0
        static let stagingOut = 1
        static let stagingIn = 2
        static let process = 3
        static let output = 4
        static let error = 5

        static func count(isTerminal: Bool) -> Int { isTerminal ? 5 : 6 }
    }

    private static let stagingSize: Int32 = 256 * 1024

    /// - Parameter limit: The one of open files, for jobs that ask for none.
    static func start(
        _ order: SpawnOrder, descriptorLimit limit: SpawnOrder.Limit?
    ) throws(LaunchError) -> (job: KeptJob, descriptors: [Descriptor]) {
        let memory = cpty_open_memory("srun-ring", SharedRing.size(capacity: order.ringBytes))
        guard memory >= 0 else { throw LaunchError(doing: "making a ring") }
        let ring = Descriptor(memory)
        let staging = try Descriptor.pipe(capacity: stagingSize)
        var command = SpawnCommand(order)
        var outputs: [Descriptor] = []
        var writing: [Descriptor] = []
        if let size = order.terminal {
            let (master, path) = try Terminal.open(size)
            command.terminal = path
            outputs = [master]
        } else {
            let output = try Descriptor.pipe()
            let error = try Descriptor.pipe()
            outputs = [output.reading, error.reading]
            writing = [output.writing, error.writing]
            command.pipes = (output.writing.number, error.writing.number)
        }
        if let limit, !command.limits.contains(where: { $0.resource == limit.resource }) {
            command.limits.append(limit)
        }
        // The kernel tells a job that its keeper is gone; what that does not end, the next start finds.
        command.parentEndSignal = SIGHUP
        let processID = try withExtendedLifetime(writing) { () throws(LaunchError) in try command.start() }
        let handle = cpty_open_process(processID)
        guard handle >= 0 else {
            let failure = LaunchError(doing: "opening a process")
            kill(processID, SIGKILL)
            waitpid(processID, nil, 0)
            throw failure
        }
        return (
            KeptJob(job: order.job, processID: processID, isTerminal: order.terminal != nil),
            [ring, staging.reading, staging.writing, Descriptor(handle)] + outputs
        )
    }
}
