/// How a process tree is brought to its end: steps of a signal and the time it gets, and a kill after the last.
///
/// Asking comes first. `terminate` reaches programs that tidy up; `hang up` reaches interactive shells, which ignore the former;
/// nothing survives the kill except what the kernel itself holds.
public struct Teardown: Hashable, Sendable {
    public enum Step: Hashable, Sendable {
        case terminate(grace: Duration)
        case hangUp(grace: Duration)

        var signal: Int32 {
            switch self {
            case .terminate: 15
            case .hangUp: 1
            }
        }

        var grace: Duration {
            switch self {
            case .terminate(let grace), .hangUp(let grace): grace
            }
        }
    }

    public let steps: [Step]

    public init(steps: [Step]) {
        self.steps = steps
    }

    /// Four fifths of the time to terminate, the rest to hang up, then kill.
    public static func graceful(within grace: Duration) -> Teardown {
        Teardown(steps: [.terminate(grace: grace * 4 / 5), .hangUp(grace: grace / 5)])
    }

    /// How long a killed tree may take to vanish before its survivors are reported, and how often the kill is repeated for
    /// processes that were being forked at that moment.
    static let killGrace = Duration.seconds(1)
    static let killAttempts = 3
    private static let kill: Int32 = 9

    /// Takes the steps until the tree is gone; without any step, kills at once.
    ///
    /// - Parameter hurry: When fulfilled, no more time is given and the kill comes at once.
    /// - Returns: The processes that are still alive, which is none unless the kernel keeps them.
    func run(on process: any RunningProcess, hurry: OneShot<Void>, clock: any Clock<Duration>) async -> [Int32] {
        for step in steps where !Task.isCancelled && hurry.current == nil {
            await process.signalTree(step.signal)
            let isGone = await race(clock: clock, limit: step.grace) {
                await withTaskGroup(of: Bool.self) { group in
                    group.addTask {
                        await process.treeEnd()
                        return !Task.isCancelled
                    }
                    group.addTask {
                        _ = await hurry.value()
                        return false
                    }
                    defer { group.cancelAll() }
                    return await group.next() ?? false
                }
            }
            if isGone == true { return [] }
        }
        for _ in 0..<Self.killAttempts {
            await process.signalTree(Self.kill)
            if await ended(process, within: Self.killGrace, clock: clock) { return [] }
            if Task.isCancelled { break }
        }
        return await process.survivors()
    }

    private func ended(
        _ process: any RunningProcess, within grace: Duration, clock: any Clock<Duration>
    ) async -> Bool {
        await race(clock: clock, limit: grace) { await process.treeEnd() } != nil && !Task.isCancelled
    }
}
