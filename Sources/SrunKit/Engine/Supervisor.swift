import Foundation
import NIOCore

/// Watches over one run: a process in, an outcome out.
///
/// The output goes into the pipeline until its end, also after the process has ended, so that the last bytes are never
/// lost. A descendant that keeps the output open is waited for ``drainTime`` and no longer.
///
/// A job that prints nothing costs one task beside the caller's: what else is waited for comes as news, and the task that stores
/// output begins with the output.
struct Supervisor: Sendable {
    /// How long the end of output may come after the end of the process. What the process itself had written is read in
    /// any case; this is for what others write.
    static let drainTime = Duration.milliseconds(1500)

    let stopGrace: Duration
    let hurry: OneShot<Void>
    let clock: any Clock<Duration>
    let now: @Sendable () -> Date

    private enum News: Sendable {
        case outputBegan
        case event(SupervisionStateMachine.Event)
    }

    /// - Returns: After all output is in the store, as far as the batcher brings it there.
    func run(
        _ process: any RunningProcess, timeLimit: Duration?, into pipeline: LogPipeline, batcher: LogBatcher,
        stop: OneShot<StopRequest>
    ) async -> JobOutcome {
        await withTaskGroup(of: Void.self) { storing in
            // What an earlier server had left may fill the journal, so that no more can be taken before some of it is stored.
            var isStoring = pipeline.hasPending
            if isStoring { storing.addTask { await batcher.run() } }
            let outcome = await watch(process, timeLimit: timeLimit, into: pipeline, stop: stop) {
                if !isStoring { storing.addTask { await batcher.run() } }
                isStoring = true
            }
            pipeline.end()
            // What came with the very end.
            if !isStoring { await batcher.run() }
            return outcome
        }
    }

    private func watch(
        _ process: any RunningProcess, timeLimit: Duration?, into pipeline: LogPipeline, stop: OneShot<StopRequest>,
        outputBegan: () -> Void
    ) async -> JobOutcome {
        let (news, sink) = AsyncStream<News>.makeStream()
        defer { sink.finish() }
        process.whenEnded { sink.yield(.event(.processEnded($0))) }
        stop.whenFulfilled { sink.yield(.event(.stopRequested($0))) }
        // An earlier server had begun to stop it.
        let begun = InterruptionCause(note: process.note)
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await pump(process.outputs, into: pipeline) { sink.yield(.outputBegan) }
                sink.yield(.event(.outputEnded))
            }
            if let timeLimit, begun == nil { report(.timeLimitReached, after: timeLimit, to: sink, in: &group) }

            var machine = SupervisionStateMachine()
            var actions = begun.map { machine.resume($0) } ?? []
            var arrivals = news.makeAsyncIterator()
            while true {
                for action in actions {
                    switch action {
                    case .startDrainTimer:
                        // What nobody else can write to comes to its end by itself.
                        guard process.outputs.contains(where: \.isHeldOpen) else { continue }
                        report(.drainTimeOver, after: Self.drainTime, to: sink, in: &group)
                    case .tearDown(let urgency):
                        process.remember(machine.cause?.note ?? "")
                        group.addTask {
                            let survivors = await teardown(urgency).run(on: process, hurry: hurry, clock: clock)
                            sink.yield(.event(.treeGone(survivors: survivors)))
                        }
                    case .finish(let outcome):
                        // The pump reads what is left before it gives up; the group waits for that.
                        group.cancelAll()
                        return outcome
                    }
                }
                switch await arrivals.next() {
                case .outputBegan:
                    outputBegan()
                    actions = []
                case .event(let event): actions = machine.handle(event)
                case nil:
                    // Only a cancelled task gets here: the engine was cut off. The tree must not outlive it.
                    _ = await Teardown(steps: []).run(on: process, hurry: hurry, clock: clock)
                    return JobOutcome(.stopped(nil), reason: "the server was cut off")
                }
            }
        }
    }

    private func report(
        _ event: SupervisionStateMachine.Event, after duration: Duration, to sink: AsyncStream<News>.Continuation,
        in group: inout TaskGroup<Void>
    ) {
        group.addTask {
            guard (try? await clock.sleep(for: duration, tolerance: nil)) != nil else { return }
            sink.yield(.event(event))
        }
    }

    private func teardown(_ urgency: StopRequest.Urgency) -> Teardown {
        switch urgency {
        case .graceful: .graceful(within: stopGrace)
        case .shutdown: .graceful(within: min(stopGrace, EngineConfiguration.shutdownGrace))
        }
    }

    private func pump(
        _ outputs: [any ProcessOutput], into pipeline: LogPipeline, began: @escaping @Sendable () -> Void
    ) async {
        if let only = outputs.first, outputs.count == 1 { return await pump(only, into: pipeline, began: began) }
        await withDiscardingTaskGroup { group in
            for output in outputs { group.addTask { await pump(output, into: pipeline, began: began) } }
        }
    }

    private func pump(_ output: any ProcessOutput, into pipeline: LogPipeline, began: () -> Void) async {
        var isFirst = true
        while !Task.isCancelled, let piece = await output.next() {
            await pipeline.append(piece.bytes, stream: piece.stream, time: now())
            if isFirst { began() }
            isFirst = false
        }
        // Cancelled: the run is over. What the process had written before is still to be had, and no more than that: somebody who
        // never stops writing cannot hold it up.
        var count = 0
        while count < Int(Descriptor.pipeCapacity), let piece = output.available() {
            count += piece.bytes.readableBytes
            await pipeline.append(piece.bytes, stream: piece.stream, time: now())
        }
    }
}
