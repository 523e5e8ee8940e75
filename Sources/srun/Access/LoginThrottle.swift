import Foundation
import Synchronization

/// Slows down guessing, per account and per address: after five failures within a minute the next attempt must wait, first a
/// minute and then twice as long each time, up to a quarter of an hour.
///
/// The number of accounts and addresses it remembers is bounded: when there are more, those that have been quiet for longest
/// are forgotten.
final class LoginThrottle: Sendable {
    static let freeFailures = 5
    static let period: TimeInterval = 60
    static let longest: TimeInterval = 900
    static let capacity = 10_000

    private struct Record {
        var failures = 0
        var lastFailure: Date
        var blockedUntil: Date?
    }

    private let records = Mutex<[String: Record]>([:])
    private let now: @Sendable () -> Date

    init(now: @escaping @Sendable () -> Date) {
        self.now = now
    }

    /// Seconds to wait before the next attempt under any of these keys; nil when one may be made now.
    func delay(_ keys: [String]) -> Int? {
        let time = now()
        let end = records.withLock { records in keys.compactMap { records[$0]?.blockedUntil }.max() }
        // A clock that was set back must not lock anybody out for longer.
        guard let end, time < end, end.timeIntervalSince(time) <= Self.longest else { return nil }
        return max(1, Int(end.timeIntervalSince(time).rounded(.up)))
    }

    func countFailure(_ keys: [String]) {
        let time = now()
        records.withLock { records in
            for key in keys {
                var record = records[key] ?? Record(lastFailure: time)
                if isForgotten(record, at: time) { record = Record(lastFailure: time) }
                record.failures += 1
                record.lastFailure = time
                if record.failures >= Self.freeFailures {
                    let times = min(record.failures - Self.freeFailures, 10)
                    record.blockedUntil = time.addingTimeInterval(
                        min(Self.period * pow(2, Double(times)), Self.longest))
                }
                records[key] = record
            }
            guard records.count > Self.capacity else { return }
            records = records.filter { !isForgotten($0.value, at: time) }
            if records.count > Self.capacity {
                let oldest = records.sorted { $0.value.lastFailure < $1.value.lastFailure }.prefix(Self.capacity / 10)
                for (key, _) in oldest { records[key] = nil }
            }
        }
    }

    /// Somebody got in: what failed before was a slip.
    func clear(_ key: String) {
        records.withLock { _ = $0.removeValue(forKey: key) }
    }

    /// A few failures are forgotten after a minute, a block some time after it has ended.
    private func isForgotten(_ record: Record, at time: Date) -> Bool {
        guard let end = record.blockedUntil else {
            return abs(time.timeIntervalSince(record.lastFailure)) >= Self.period
        }
        return time >= end.addingTimeInterval(Self.longest)
            || record.lastFailure > time.addingTimeInterval(Self.longest)
    }
}
