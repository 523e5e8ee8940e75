import Foundation
import Logging
import ServiceLifecycle
import UnixSignals

/// Listens to everything that asks the server to end: signals, and where wanted, the end of standard input.
///
/// The first request starts the graceful shutdown, the second one hurries it. Signals that other programs give a
/// meaning to, and srun not yet, are logged and otherwise ignored, so that they do not kill it.
struct EndRequests: Sendable {
    let endsWithStandardInput: Bool
    let logger: Logger

    /// How long the end may take. Whoever supervises srun would kill it a little later.
    private static let limit = DispatchTimeInterval.milliseconds(14_500)

    /// Runs the group until it has ended.
    ///
    /// - Parameter hurry: Called at the second request.
    func run(_ group: ServiceGroup, hurry: @escaping @Sendable () -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask {
                var isEnding = false
                for await signal in signals {
                    switch signal {
                    case .sigterm where isEnding, .sigint where isEnding: hurry()
                    case .sigterm, .sigint:
                        isEnding = true
                        StandardError.say("ending: stopping all jobs; once more to kill them")
                        await end(group)
                    default: logger.notice("signal ignored", metadata: ["signal": "\(signal)"])
                    }
                }
                return false
            }
            if endsWithStandardInput {
                tasks.addTask {
                    await StandardInput.end()
                    if !Task.isCancelled { await end(group) }
                    return false
                }
            }
            while let hasGroupEnded = try await tasks.next() {
                if hasGroupEnded { return }
            }
        }
    }

    private func end(_ group: ServiceGroup) async {
        // Not on the cooperative pool, which may be what is stuck.
        DispatchQueue.global().asyncAfter(deadline: .now() + Self.limit) {
            StandardError.say("ending took too long; the last output of running jobs may be missing")
            _exit(ExitCodes.inputOutput.rawValue)
        }
        await group.triggerGracefulShutdown()
    }
}

enum StandardInput {
    /// Returns at the end of standard input, or when the task is cancelled.
    ///
    /// Reading happens on a thread of its own, because standard input may be a file, a terminal or a pipe, and only
    /// read(2) works for all three. The thread ends with the process.
    static func end() async {
        let (ends, continuation) = AsyncStream.makeStream(of: Void.self)
        Thread.detachNewThread {
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(STDIN_FILENO, &bytes, bytes.count)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                break
            }
            continuation.finish()
        }
        for await _ in ends {}
    }
}
