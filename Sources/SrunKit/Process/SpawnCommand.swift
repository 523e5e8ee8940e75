import CPTY
import Foundation

/// A process to start, as the kernel is told of it.
struct SpawnCommand {
    var path: String
    var arguments: [String]
    var environment: [String]
    var directory: String
    /// The path of a terminal's slave; otherwise ``pipes``.
    var terminal: String?
    var pipes: (output: Int32, error: Int32) = (-1, -1)
    var limits: [SpawnOrder.Limit]
    var nice: Int32
    var allowsNewPrivileges: Bool
    var identity: SpawnOrder.Identity?
    var cgroups: [String]
    var parentEndSignal: Int32 = 0

    init(_ order: SpawnOrder) {
        path = order.path
        arguments = order.arguments
        environment = order.environment
        directory = order.directory
        limits = order.limits
        nice = order.nice
        allowsNewPrivileges = order.allowsNewPrivileges
        identity = order.identity
        cgroups = order.cgroups
    }

    /// Starts it, and returns once the program is executed.
    func start() throws(LaunchError) -> Int32 {
        var process: pid_t = 0
        let groups = identity?.supplementaryGroups ?? []
        let limits = self.limits.map { cpty_limit(resource: $0.resource, soft: $0.soft, hard: $0.hard) }
        let failure = withCStrings(arguments) { arguments in
            withCStrings(environment) { environment in
                withCStrings([path, directory, terminal ?? ""] + cgroups) { texts in
                    groups.withUnsafeBufferPointer { groups in
                        limits.withUnsafeBufferPointer { limits in
                            var command = cpty_command()
                            command.path = UnsafePointer(texts[0])
                            command.argv = UnsafePointer(arguments)
                            command.envp = UnsafePointer(environment)
                            command.directory = UnsafePointer(texts[1])
                            if terminal != nil { command.terminal = UnsafePointer(texts[2]) }
                            command.output = pipes.output
                            command.error = pipes.error
                            command.limits = limits.baseAddress
                            command.limit_count = limits.count
                            command.nice = nice
                            command.parent_end_signal = parentEndSignal
                            command.no_new_privileges = allowsNewPrivileges ? 0 : 1
                            // The rest of the texts, up to the null pointer behind them.
                            command.cgroups = UnsafePointer(texts + 3)
                            if let identity {
                                command.changes_user = 1
                                command.user = identity.user
                                command.group = identity.group
                                command.groups = groups.baseAddress
                                command.group_count = groups.count
                            }
                            return cpty_spawn(&command, &process)
                        }
                    }
                }
            }
        }
        guard failure == 0 else { throw LaunchError(doing: "starting the command", errorNumber: failure) }
        return process
    }
}

/// An array of C strings that ends with a null pointer, as execve(2) wants it; valid only within the body.
func withCStrings<Result>(
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

enum Terminal {
    /// A new terminal: its master, close-on-exec and non-blocking, and the path of its slave.
    static func open(_ size: TerminalSize) throws(LaunchError) -> (master: Descriptor, path: String) {
        var name = [CChar](repeating: 0, count: 64)
        let master = cpty_open_terminal(
            UInt16(clamping: size.columns), UInt16(clamping: size.rows), &name, name.count)
        guard master >= 0 else { throw LaunchError(doing: "opening a terminal") }
        let path = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return (Descriptor(master), path)
    }
}
