import Logging
import Synchronization

/// Knows whether the disk of the store is nearly full.
///
/// The disk is asked at most once a second. While it is, and when it does not answer, the last answer holds.
final class DiskWatch: Sendable {
    private struct State {
        var isLow = false
        var askedAt: Duration?
    }

    private static let validity = Duration.seconds(1)

    private let store: any SpaceReporting
    private let floor: DiskFloor
    private let logger: Logger
    private let elapsed: @Sendable () -> Duration
    private let state = Mutex(State())

    /// Nil when there is nothing to watch: no floor, or a store that is on no disk.
    init?(_ store: any Store, floor: DiskFloor, clock: any Clock<Duration>, logger: Logger) {
        guard floor != .none, let store = store as? any SpaceReporting else { return nil }
        self.store = store
        self.floor = floor
        self.logger = logger
        elapsed = clock.stopwatch()
    }

    func isLow() async -> Bool {
        let now = elapsed()
        let (isDue, last) = state.withLock { state in
            if let askedAt = state.askedAt, now - askedAt < Self.validity { return (false, state.isLow) }
            state.askedAt = now
            return (true, state.isLow)
        }
        guard isDue, let space = try? await store.space() else { return last }
        let isLow = floor.isAbove(space)
        let wasLow = state.withLock { exchange(&$0.isLow, with: isLow) }
        if isLow, !wasLow {
            logger.error(
                "the disk is nearly full: no new jobs are accepted", metadata: ["bytes.free": "\(space.freeBytes)"])
        } else if wasLow, !isLow {
            logger.notice("the disk has room again", metadata: ["bytes.free": "\(space.freeBytes)"])
        }
        return isLow
    }
}

extension Clock where Duration == Swift.Duration {
    /// Tells how much time has passed since this call.
    fileprivate func stopwatch() -> @Sendable () -> Duration {
        let start = now
        return { start.duration(to: self.now) }
    }
}
