import Foundation

/// Whether output pours, so that who waits for more of it had better wait for much.
///
/// A line now and then does not: it is taken the moment it comes.
struct ReadPace: Sendable {
    private static let pouringBytes = 2048
    private static let pouringInterval: TimeInterval = 0.001

    private(set) var isPouring = false
    private var last = Date.distantPast

    mutating func took(_ count: Int, at time: Date) {
        isPouring = count >= Self.pouringBytes || (0..<Self.pouringInterval).contains(time.timeIntervalSince(last))
        last = time
    }
}
