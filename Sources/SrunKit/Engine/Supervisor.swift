import Foundation
import NIOCore

/// Watches over one run: a process in, an outcome out.
///
/// The output goes into the pipeline until its end, also after the process has ended, so that the last bytes are never
/// lost. A descendant that keeps the output open is waited for ``drainTime`` and no longer.
struct Supervisor: Sendable {
    /// How long the end of output may come after the end of the process. What the process itself had written is read in
    /// any case; this is for what others write.
    static let drainTime = Duration.milliseconds(1500)

    let stopGrace: Duration
    let hurry: OneShot<Void>
    let clock: any Clock<Duration>
    let now: @Sendable () -> Date

    func run(
        _ process: any RunningProcess, timeLimit: Duration?, into pipeline: LogPipeline, stop: OneShot<StopRequest>
    ) async -> JobOutcome {
        // An earlier server had begun to stop it.
        let begun = InterruptionCause(note: process.note)
        return await withTaskGroup(of: SupervisionStateMachine.Event?.self) { group in
            group.addTask { await process.termination().map { .processEnded($0) } }
            group.addTask {
                await pump(process.outputs, into: pipeline)
                return .outputEnded
            }
            group.addTask { await stop.value().map { .stopRequested($0) } }
            if let timeLimit, begun == nil {
                group.addTask { await pause(timeLimit) ? .timeLimitReached : nil }
            }

            var machine = SupervisionStateMachine()
            var actions = begun.map { machine.resume($0) } ?? []
            while true {
                for action in actions {
                    switch action {
                    case .startDrainTimer:
                        group.addTask { await pause(Self.drainTime) ? .drainTimeOver : nil }
                    case .tearDown(let urgency):
                        process.remember(machine.cause?.note ?? "")
                        group.addTask {
                            .treeGone(survivors: await teardown(urgency).run(on: process, hurry: hurry, clock: clock))
                        }
                    case .finish(let outcome):
                        // The pump reads what is left before it gives up; the group waits for that.
                        group.cancelAll()
                        return outcome
                    }
                }
                guard let event = await group.next() else { break }
                actions = event.map { machine.handle($0) } ?? []
            }
            // Only a cancelled task gets here: the engine was cut off. The tree must not outlive it.
            _ = await Teardown(steps: []).run(on: process, hurry: hurry, clock: clock)
            return JobOutcome(.stopped(nil), reason: "the server was cut off")
        }
    }

    private func teardown(_ urgency: StopRequest.Urgency) -> Teardown {
        switch urgency {
        case .graceful: .graceful(within: stopGrace)
        case .shutdown: .graceful(within: min(stopGrace, EngineConfiguration.shutdownGrace))
        }
    }

    private func pump(_ outputs: [any ProcessOutput], into pipeline: LogPipeline) async {
        await withDiscardingTaskGroup { group in
            for output in outputs {
                group.addTask {
                    while !Task.isCancelled, let piece = await output.next() {
                        await pipeline.append(piece.bytes, stream: piece.stream, time: now())
                    }
                    // Cancelled: the run is over. What the process had written before is still to be had, and no more than
                    // that: somebody who never stops writing cannot hold it up.
                    var count = 0
                    while count < Int(Descriptor.pipeCapacity), let piece = output.available() {
                        count += piece.bytes.readableBytes
                        await pipeline.append(piece.bytes, stream: piece.stream, time: now())
                    }
                }
            }
        }
    }

    /// - Returns: False when cancelled.
    private func pause(_ duration: Duration) async -> Bool {
        (try? await clock.sleep(for: duration, tolerance: nil)) != nil
    }
}
