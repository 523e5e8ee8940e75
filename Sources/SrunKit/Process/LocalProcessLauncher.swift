import Foundation

/// Starts commands as children of this process. They end with it: a terminal is hung up by the kernel, and what that
/// does not reach is found by the next server's sweep.
public final class LocalProcessLauncher: ProcessLauncher {
    private let poller: DescriptorPoller

    public init() throws(LaunchError) {
        poller = try DescriptorPoller()
    }

    public func launch(_ launch: ProcessLaunch) async throws(LaunchError) -> any RunningProcess {
        var command = SpawnCommand(try launch.order())
        if let size = launch.terminal {
            let (master, path) = try Terminal.open(size)
            let input = try TerminalInput(master.duplicate(), poller: poller)
            let output = try DescriptorOutput(master, stream: .output, poller: poller)
            command.terminal = path
            return try start(command, launch.job, outputs: [output], input: input)
        }
        let output = try Descriptor.pipe()
        let error = try Descriptor.pipe()
        let outputs = [
            try DescriptorOutput(output.reading, stream: .output, poller: poller),
            try DescriptorOutput(error.reading, stream: .error, poller: poller),
        ]
        command.pipes = (output.writing.number, error.writing.number)
        // The writing ends go with this scope: the pipe ends when the last process of the job has closed it.
        return try withExtendedLifetime((output, error)) { () throws(LaunchError) in
            try start(command, launch.job, outputs: outputs, input: nil)
        }
    }

    public func sweep(_ job: JobID) async -> Int {
        await ProcessTree(job: job, session: nil).sweep(poller: poller)
    }

    private func start(
        _ command: SpawnCommand, _ job: JobID, outputs: [DescriptorOutput], input: TerminalInput?
    ) throws(LaunchError) -> LocalProcess {
        var process: Int32?
        do throws(LaunchError) {
            let started = try command.start()
            process = started
            return try LocalProcess(processID: started, job: job, outputs: outputs, input: input, poller: poller)
        } catch {
            if let process {
                // Without a descriptor it could not be supervised, so it must not run.
                kill(process, SIGKILL)
                waitpid(process, nil, 0)
            }
            input?.close()
            for output in outputs { output.close() }
            throw error
        }
    }
}
