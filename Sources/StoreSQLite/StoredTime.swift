import Foundation
import SrunKit

extension Date {
    /// Microseconds since 1970, as the columns hold times. One that no column can hold becomes the nearest one that it can: a
    /// cursor may come from outside and name any time.
    var column: Int64 {
        let microseconds = (timeIntervalSince1970 * 1_000_000).rounded()
        return Int64(exactly: microseconds) ?? (microseconds > 0 ? .max : .min)
    }

    /// Nil without a column, and for a number that is no time: one that arithmetic with times could not hold.
    static func stored(_ column: Int64?) -> Date? {
        guard let column, column.magnitude < 1 << 62 else { return nil }
        return Date(microseconds: column)
    }
}
