import Foundation
import NIOCore
import NIOHTTP1
import UnixSignals

/// Shows a job's output until it ends, and lets Ctrl-C reach it.
struct JobWatch: Sendable {
    let client: APIClient
    let job: String

    private enum Event: Sendable {
        case ended(JobSummary)
        case readerGone
        case detached
        case nothing
    }

    /// - Returns: The exit code for the shell.
    func run() async throws -> Int32 {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        return try await withThrowingTaskGroup(of: Event.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask { try await show() }
            tasks.addTask { await heed(signals) }
            while let event = try await tasks.next() {
                switch event {
                case .ended(let summary):
                    if let remark = summary.remark { StandardError.say(remark) }
                    return summary.shellExitCode
                case .readerGone:
                    // A shell would end the command with SIGPIPE; the job has a terminal of its own and would never
                    // notice.
                    await stop()
                    return ClosedPipe.exitCode
                case .detached:
                    StandardError.say("left job \(job), which is still being stopped")
                    return 128 + SIGINT
                case .nothing: continue
                }
            }
            return ExitCodes.protocolError.rawValue
        }
    }

    private func show() async throws -> Event {
        var writer = OutputWriter(.screen)
        defer { writer.finish() }
        do {
            return .ended(
                try await OutputFollower(client: client, job: job, isKnown: true).follow { try writer.write($0) })
        } catch is ClosedPipe {
            return .readerGone
        }
    }

    private func heed(_ signals: UnixSignalsSequence) async -> Event {
        var iterator = signals.makeAsyncIterator()
        guard await iterator.next() != nil else { return .nothing }
        StandardError.say("stopping job \(job); once more to leave it alone")
        return await withTaskGroup(of: Void.self) { tasks in
            // Beside this task, so that the second Ctrl-C is heard while the job is still ending.
            tasks.addTask { await stop() }
            let isSecond = await iterator.next() != nil
            tasks.cancelAll()
            return isSecond ? .detached : .nothing
        }
    }

    private func stop() async {
        do {
            _ = try await client.send(.POST, APIClient.path(job, "/stop"), timeout: APIClient.patience)
        } catch let failure as Failure where failure.code != .badData {
            StandardError.say("cannot stop job \(job): \(failure)")
        } catch {
            // It had ended by itself, or nobody waits for the answer any more.
        }
    }
}
