import CPTY
import Foundation
import Synchronization

/// Which program the workers are, and how it is started.
public struct KeeperProgram: Sendable {
    /// The variable by which a worker knows that it is one: the number of its end of the channel.
    public static let variable = "SRUN_KEEPER_CHANNEL"
    /// How a worker shows up in the list of processes.
    public static let workerName = "srun-worker"
    private static let channelNumber: Int32 = 3
    /// What this keeper was started from, whatever is now at its path (proc(5)).
    private static let runningProgram = "/proc/self/exe"

    /// The limit of open files that jobs have: the one this process was started with.
    static let jobDescriptors = Mutex<SpawnOrder.Limit?>(nil)

    private let path: String
    private let arguments: [String]

    /// - Parameter arguments: Those of the keeper, which become those of each worker; without the program's name.
    public init(arguments: [String]) {
        var name = [UInt8](repeating: 0, count: 4096)
        let count = readlink(Self.runningProgram, &name, name.count)
        path = count > 0 ? String(decoding: name.prefix(count), as: UTF8.self) : Self.runningProgram
        self.arguments = arguments
    }

    /// Runs as the keeper until the end.
    ///
    /// - Returns: The exit code.
    public func keep() -> Int32 {
        do throws(LaunchError) {
            // A keeper holds some descriptors for each job. The jobs get their old limit back.
            raiseDescriptorLimit()
            return try KeeperLoop(program: self).run()
        } catch {
            let line = Array("srun: \(error)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
            return 71
        }
    }

    private func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        let before = limit
        limit.rlim_cur = limit.rlim_max
        Self.jobDescriptors.withLock {
            $0 = SpawnOrder.Limit(
                resource: Int32(RLIMIT_NOFILE.rawValue), soft: UInt64(before.rlim_cur), hard: UInt64(before.rlim_max))
        }
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    /// Starts a worker, with standard input, output and error of this process.
    ///
    /// - Parameter newest: The program that is at the path now; otherwise the one that this process itself was started from.
    func startWorker(newest: Bool) throws(LaunchError) -> (processID: Int32, channel: KeeperChannel) {
        var ends: [Int32] = [-1, -1]
        guard cpty_open_channel(&ends) == 0 else { throw LaunchError(doing: "making a channel") }
        let mine = Descriptor(ends[0])
        let theirs = Descriptor(ends[1])
        // A worker that does not read must not stop the keeper.
        let flags = fcntl(mine.number, F_GETFL)
        guard flags >= 0, fcntl(mine.number, F_SETFL, flags | O_NONBLOCK) == 0 else {
            throw LaunchError(doing: "making a channel")
        }
        let program = newest || isUnchanged ? path : Self.runningProgram
        var process: pid_t = 0
        let failure = spawn(program, channel: theirs.number, &process)
        guard failure == 0 else { throw LaunchError(doing: "starting \(program)", errorNumber: failure) }
        return (process, KeeperChannel(descriptor: mine))
    }

    /// Whether the program at the path is the one that runs here.
    private var isUnchanged: Bool {
        var installed = stat()
        var running = stat()
        return stat(path, &installed) == 0 && stat(Self.runningProgram, &running) == 0
            && installed.st_dev == running.st_dev && installed.st_ino == running.st_ino
    }

    private func spawn(_ program: String, channel: Int32, _ process: inout pid_t) -> Int32 {
        var attributes = posix_spawnattr_t()
        var actions = posix_spawn_file_actions_t()
        posix_spawnattr_init(&attributes)
        posix_spawn_file_actions_init(&actions)
        defer {
            posix_spawnattr_destroy(&attributes)
            posix_spawn_file_actions_destroy(&actions)
        }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setsigmask(&attributes, &none)
        // Also where both are one number: the copy is then no longer closed on exec.
        posix_spawn_file_actions_adddup2(&actions, channel, Self.channelNumber)
        let environment = Self.environment + ["\(Self.variable)=\(Self.channelNumber)"]
        return withCStrings([Self.workerName] + arguments) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&process, program, &actions, &attributes, arguments, environment)
            }
        }
    }

    private static var environment: [String] {
        var variables: [String] = []
        var place = environ
        while let variable = place.pointee {
            variables.append(String(cString: variable))
            place += 1
        }
        return variables.filter { !$0.hasPrefix("\(Self.variable)=") }
    }
}
