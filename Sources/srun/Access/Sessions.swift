import Foundation
import SrunKit

/// How long somebody stays signed in.
enum SessionLimits {
    /// Unused for so long, it ends.
    static let idle: TimeInterval = 12 * 3600
    /// Used or not, it ends.
    static let age: TimeInterval = 7 * 24 * 3600
    /// Use is written down no more often than this.
    static let precision: TimeInterval = 60
}

extension AccessSession {
    func isValid(at time: Date) -> Bool {
        time < lastUsedAt.addingTimeInterval(SessionLimits.idle)
            && time < createdAt.addingTimeInterval(SessionLimits.age)
    }
}
