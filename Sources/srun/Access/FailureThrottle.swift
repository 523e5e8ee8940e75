import Foundation
import Synchronization

/// Slows down guessing: after so many failures within a minute, nobody can try until the minute is over.
///
/// It counts for all callers together. What is guessed here has 256 bits, so this is not what keeps anybody out; it
/// keeps a guesser from using up the machine and the log.
final class FailureThrottle: Sendable {
    static let limit = 30
    static let period: TimeInterval = 60

    private struct Window {
        var start = Date.distantPast
        var failures = 0
    }

    private let window = Mutex(Window())
    private let now: @Sendable () -> Date

    init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    /// Seconds to wait before the next attempt; nil when one may be made now.
    var delay: Int? {
        let time = now()
        return window.withLock { window in
            let end = window.start.addingTimeInterval(Self.period)
            guard window.failures >= Self.limit, time < end, time >= window.start else { return nil }
            return max(1, Int(end.timeIntervalSince(time).rounded(.up)))
        }
    }

    func countFailure() {
        let time = now()
        window.withLock { window in
            if time >= window.start.addingTimeInterval(Self.period) || time < window.start {
                window = Window(start: time)
            }
            window.failures += 1
        }
    }
}
