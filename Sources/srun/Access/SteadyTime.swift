import Foundation

extension Date {
    /// The time of day as it would be had nobody set it since this was called: only good for measuring.
    static func steady() -> @Sendable () -> Date {
        let origin = Date()
        let start = ContinuousClock.now
        return { origin.addingTimeInterval((ContinuousClock.now - start).inSeconds) }
    }
}
