import CPTY
import Foundation

/// Which program the workers are, and how it is started.
public struct KeeperProgram: Sendable {
    /// The variable by which a worker knows that it is one: the number of its end of the channel.
    public static let variable = "SRUN_KEEPER_CHANNEL"
    /// What a server listens on is kept under names that begin so, and closed when nobody serves any more.
    public static let listenerPrefix = "listen "
    /// How a worker shows up in the list of processes.
    public static let workerName = "srun-worker"
    static let channelNumber: Int32 = 3
    /// What this keeper was started from, whatever is now at its path (proc(5)).
    static let runningProgram = "/proc/self/exe"

    let path: String
    let arguments: [String]
    let environment: [String]
    /// The program that whoever attached was started from; nil for this process's own.
    private let image: Descriptor?

    /// - Parameter arguments: Those of the keeper, which become those of each worker; without the program's name.
    public init(arguments: [String]) {
        var name = [UInt8](repeating: 0, count: 4096)
        let count = readlink(Self.runningProgram, &name, name.count)
        path = count > 0 ? String(decoding: name.prefix(count), as: UTF8.self) : Self.runningProgram
        self.arguments = arguments
        environment = Self.ownEnvironment
        image = nil
    }

    private var runningProgram: String { image.map { "/proc/self/fd/\($0.number)" } ?? Self.runningProgram }

    /// Another start, by somebody who has attached to this keeper.
    init(path: String, arguments: [String], environment: [String], image: Descriptor) {
        self.path = path
        self.arguments = arguments
        self.environment = environment
        self.image = image
    }

    /// Runs as the keeper until the end.
    ///
    /// - Returns: The exit code.
    public func keep() -> Int32 {
        KeeperGroup.settle()
        do throws(LaunchError) {
            let limit = DescriptorLimit.raise()
            let loop = try KeeperLoop(program: self, jobDescriptors: limit)
            switch loop.run() {
            case .exit(let code): return code
            case .front(let folder):
                DescriptorLimit.restore(limit)
                return Front(program: self, signals: loop.signals).run(in: folder)
            }
        } catch {
            let line = Array("srun: \(error)\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
            return 71
        }
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
        guard mine.stopWaiting() else { throw LaunchError(doing: "making a channel") }
        let program = newest || isUnchanged ? path : runningProgram
        var process: pid_t = 0
        let failure = spawn(program, channel: theirs.number, &process)
        guard failure == 0 else { throw LaunchError(doing: "starting \(program)", errorNumber: failure) }
        return (process, KeeperChannel(descriptor: mine))
    }

    /// Whether the program at the path is the one that runs here.
    private var isUnchanged: Bool {
        var installed = stat()
        var running = stat()
        return stat(path, &installed) == 0 && stat(runningProgram, &running) == 0
            && installed.st_dev == running.st_dev && installed.st_ino == running.st_ino
    }

    private func spawn(_ program: String, channel: Int32, _ process: inout pid_t) -> Int32 {
        var environment = environment + ["\(Self.variable)=\(Self.channelNumber)"]
        if image != nil { environment.append("\(Self.stayingVariable)=1") }
        return Self.spawn(program, [Self.workerName] + arguments, environment, channel: channel, &process)
    }

    static func spawn(
        _ program: String, _ arguments: [String], _ environment: [String], channel: Int32, _ process: inout pid_t
    ) -> Int32 {
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
        posix_spawn_file_actions_adddup2(&actions, channel, channelNumber)
        return withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                posix_spawn(&process, program, &actions, &attributes, arguments, environment)
            }
        }
    }

    private static var ownEnvironment: [String] {
        var variables: [String] = []
        var place = environ
        while let variable = place.pointee {
            variables.append(String(cString: variable))
            place += 1
        }
        return variables.filter { variable in
            ![Self.variable, frontVariable, stayingVariable].contains { variable.hasPrefix("\($0)=") }
        }
    }
}
