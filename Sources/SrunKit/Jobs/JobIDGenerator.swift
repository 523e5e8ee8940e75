public import Foundation
import Synchronization

/// Makes identifiers that never repeat and, from one generator, never sort before an earlier one.
///
/// A clock that steps backwards does not disturb the order: the generator stays at the latest time it has seen until the
/// clock has caught up.
public final class JobIDGenerator: Sendable {
    private struct State {
        var milliseconds: UInt64 = 0
        var sequence: UInt16 = 0
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> Date

    public init(now: @escaping @Sendable () -> Date = { Date() }) {
        self.now = now
    }

    public func next() -> JobID {
        let milliseconds = UInt64(max(0, now().timeIntervalSince1970 * 1000))
        let (time, sequence) = state.withLock { state in
            if milliseconds > state.milliseconds {
                state = State(milliseconds: milliseconds)
            } else if state.sequence < 0x0fff {
                state.sequence += 1
            } else {
                // 4,096 identifiers within one millisecond: borrow the next one, as RFC 9562 §6.2 allows.
                state = State(milliseconds: state.milliseconds + 1)
            }
            return (state.milliseconds, state.sequence)
        }
        return JobID(milliseconds: time, sequence: sequence, random: .random(in: .min ... .max))
    }
}
