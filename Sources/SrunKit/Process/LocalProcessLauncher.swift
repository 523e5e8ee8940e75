import CPTY
import Foundation

/// Starts commands as children of this process. They end with it: a terminal is hung up by the kernel, and what that
/// does not reach is found by the next server's sweep.
public final class LocalProcessLauncher: ProcessLauncher {
    private let poller: DescriptorPoller

    public init() throws(LaunchError) {
        poller = try DescriptorPoller()
    }

    public func launch(_ launch: ProcessLaunch) async throws(LaunchError) -> any RunningProcess {
        let (path, arguments) = try Executable.resolve(launch.command, environment: launch.environment)
        let directory = launch.workingDirectory ?? launch.environment["HOME"] ?? "/"
        let environment = launch.environment.map { "\($0.key)=\($0.value)" }.sorted()
        if let size = launch.terminal {
            var name = [CChar](repeating: 0, count: 64)
            let master = cpty_open_terminal(UInt16(size.columns), UInt16(size.rows), &name, name.count)
            guard master >= 0 else { throw LaunchError(doing: "opening a terminal") }
            let terminalMaster = Descriptor(master)
            let input = try TerminalInput(terminalMaster.duplicate(), poller: poller)
            let output = try DescriptorOutput(terminalMaster, stream: .output, poller: poller)
            let terminal = name.withUnsafeBufferPointer {
                String(decoding: $0.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
            }
            return try start(
                launch.job, path, arguments, environment, directory, to: .terminal(path: terminal), outputs: [output],
                input: input)
        }
        let (standardOutput, outputWriting) = try Descriptor.pipe()
        let (standardError, errorWriting) = try Descriptor.pipe()
        let outputs = [
            try DescriptorOutput(standardOutput, stream: .output, poller: poller),
            try DescriptorOutput(standardError, stream: .error, poller: poller),
        ]
        // The writing ends go with this scope: the pipe ends when the last process of the job has closed it.
        return try withExtendedLifetime((outputWriting, errorWriting)) { () throws(LaunchError) in
            try start(
                launch.job, path, arguments, environment, directory,
                to: .pipes(output: outputWriting.number, error: errorWriting.number), outputs: outputs,
                input: nil)
        }
    }

    public func sweep(_ job: JobID) async -> Int {
        let tree = ProcessTree(job: job, session: nil)
        var found: Set<Int32> = []
        // Again until nothing is found: what was being forked during one look is there at the next.
        for _ in 0..<5 {
            let processes = tree.processes()
            if processes.isEmpty { break }
            found.formUnion(processes)
            tree.signal(SIGKILL)
            for handle in processes.compactMap({ tree.handle(of: $0) }) {
                guard (try? poller.add(handle.number)) != nil else { continue }
                _ = await race(clock: .continuous, limit: .seconds(2)) { [poller] in
                    await poller.readable(handle.number)
                }
                poller.remove(handle.number)
            }
        }
        return found.count
    }

    private enum Target {
        case terminal(path: String)
        case pipes(output: Int32, error: Int32)
    }

    private func start(
        _ job: JobID, _ path: String, _ arguments: [String], _ environment: [String], _ directory: String,
        to target: Target, outputs: [DescriptorOutput], input: TerminalInput?
    ) throws(LaunchError) -> LocalProcess {
        var process: pid_t = 0
        let failure = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                path.withCString { path in
                    directory.withCString { directory in
                        var command = cpty_command()
                        command.path = path
                        command.argv = UnsafePointer(arguments)
                        command.envp = UnsafePointer(environment)
                        command.directory = directory
                        switch target {
                        case .terminal(let name):
                            return name.withCString { name in
                                command.terminal = name
                                return cpty_spawn(&command, &process)
                            }
                        case .pipes(let output, let error):
                            command.output = output
                            command.error = error
                            return cpty_spawn(&command, &process)
                        }
                    }
                }
            }
        }
        guard failure == 0 else {
            input?.close()
            for output in outputs { output.close() }
            throw LaunchError(doing: "starting the command", errorNumber: failure)
        }
        do throws(LaunchError) {
            return try LocalProcess(processID: process, job: job, outputs: outputs, input: input, poller: poller)
        } catch {
            // Without a descriptor it could not be supervised, so it must not run.
            kill(process, SIGKILL)
            waitpid(process, nil, 0)
            input?.close()
            for output in outputs { output.close() }
            throw error
        }
    }
}

/// An array of C strings that ends with a null pointer, as execve(2) wants it; valid only within the body.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
    var pointers: [UnsafeMutablePointer<CChar>?] = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeMutableBufferPointer { buffer in
        // Never empty: it holds at least the null pointer.
        buffer.baseAddress.map(body)
            ?? withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<CChar>?.self, capacity: 1) {
                $0.initialize(repeating: nil)
                return body($0.baseAddress.unsafelyUnwrapped)
            }
    }
}
