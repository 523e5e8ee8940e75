import Foundation
import Logging
import ServiceLifecycle
import SrunKit
import UnixSignals

/// Listens to everything that asks the server to end: signals or the keeper, and where wanted, the end of standard input.
///
/// The first request starts the graceful shutdown, the second one hurries it. Signals that other programs give a
/// meaning to, and srun not yet, are logged and otherwise ignored, so that they do not kill it. Under a keeper no signal counts
/// but SIGUSR1, which it hands on: Ctrl-C reaches both, and it is the keeper that has the say.
struct EndRequests: Sendable {
    let endsWithStandardInput: Bool
    let keeper: KeeperClient?
    /// Whether jobs go on when this server is ended.
    let leavesJobs: Bool
    let leave: Leave
    let logger: Logger
    /// Removes what shows others where the server is.
    let takeAway: @Sendable () -> Void

    /// How long the end may take. Whoever supervises srun would kill it a little later.
    private static let limit = DispatchTimeInterval.milliseconds(14_500)
    /// How long answers may take that are being written while another server waits for this one to leave.
    private static let leaveLimit = Duration.seconds(2)

    private enum Request: Sendable {
        case end, hurry
        case leave(isLast: Bool)
        case other(String)
    }

    /// Runs the group until it has ended.
    ///
    /// - Parameters:
    ///   - hurry: Called at the second request.
    ///   - reload: Called at SIGUSR1: reads the certificate again; nil where there is none.
    func run(
        _ group: ServiceGroup, hurry: @escaping @Sendable () -> Void,
        reload: (@Sendable () throws -> Void)? = nil
    ) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup, .sigusr1)
        try await withThrowingTaskGroup(of: Bool.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                try await group.run()
                return true
            }
            tasks.addTask {
                var isEnding = false
                for await signal in signals where keeper == nil || signal == .sigusr1 {
                    switch signal {
                    case .sigterm, .sigint:
                        await take(isEnding ? .hurry : .end, group, hurry)
                        isEnding = true
                    case .sigusr1:
                        if let reload {
                            readAgain(reload)
                        } else {
                            await take(.other("\(signal)"), group, hurry)
                        }
                    default: await take(.other("\(signal)"), group, hurry)
                    }
                }
                return false
            }
            if let keeper {
                tasks.addTask {
                    for await request in keeper.requests {
                        switch request {
                        case .end(let isHurried): await take(isHurried ? .hurry : .end, group, hurry)
                        case .leave(let isLast): await take(.leave(isLast: isLast), group, hurry)
                        }
                    }
                    return false
                }
            }
            if endsWithStandardInput {
                tasks.addTask {
                    await StandardInput.end()
                    if !Task.isCancelled {
                        keeper?.announceEnd()
                        // Otherwise the keeper answers with the word to leave.
                        if !leavesJobs { await end(group) }
                    }
                    return false
                }
            }
            while let hasGroupEnded = try await tasks.next() {
                if hasGroupEnded { return }
            }
        }
    }

    private func take(_ request: Request, _ group: ServiceGroup, _ hurry: @Sendable () -> Void) async {
        switch request {
        case .hurry: hurry()
        case .end:
            StandardError.say("ending: stopping all jobs; once more to kill them")
            await end(group)
        case .leave(let isLast): await makePlace(isLast: isLast)
        case .other(let signal): logger.notice("signal ignored", metadata: ["signal": "\(signal)"])
        }
    }

    private func readAgain(_ reload: () throws -> Void) {
        do {
            try reload()
            logger.notice("the certificate was read again")
        } catch {
            // What was there goes on being used.
            logger.error("the certificate cannot be read again", metadata: ["error": "\(error)"])
        }
    }

    /// Ends this process and nothing else: jobs, and output that is not stored yet, are with the keeper.
    private func makePlace(isLast: Bool) async {
        leave.ask()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await leave.end() }
            group.addTask { try? await Task.sleep(for: Self.leaveLimit) }
            await group.next()
            group.cancelAll()
        }
        if isLast { takeAway() }
        _exit(ExitCodes.ok.rawValue)
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
