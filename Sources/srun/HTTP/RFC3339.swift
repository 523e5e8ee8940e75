import Foundation
import SrunKit

/// Times as the API writes them: UTC, always with microseconds (RFC 3339 §5.6).
enum RFC3339 {
    static func string(from date: Date) -> String {
        let (seconds, microseconds) = date.microseconds.flooredDivision(by: 1_000_000)
        let day = CivilDay(daysSince1970: seconds.flooredDivision(by: 86_400).quotient)
        let time = Int(seconds.flooredDivision(by: 86_400).remainder)
        return "\(padded(day.year, 4))-\(padded(day.month, 2))-\(padded(day.day, 2))"
            + "T\(padded(time / 3600, 2)):\(padded(time / 60 % 60, 2)):\(padded(time % 60, 2)).\(padded(Int(microseconds), 6))Z"
    }

    /// The form of the `Date` field (RFC 9110 §5.6.7).
    static func httpDate(from date: Date) -> String {
        let seconds = date.microseconds.flooredDivision(by: 1_000_000).quotient
        let (days, time) = seconds.flooredDivision(by: 86_400)
        let day = CivilDay(daysSince1970: days)
        let clock = "\(padded(Int(time) / 3600, 2)):\(padded(Int(time) / 60 % 60, 2)):\(padded(Int(time) % 60, 2))"
        return "\(day.weekdayName), \(padded(day.day, 2)) \(day.monthName) \(padded(day.year, 4)) \(clock) GMT"
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
}

/// A day of the Gregorian calendar, counted by arithmetic: no locale and no time zone can change what is written.
private struct CivilDay {
    let year: Int
    let month: Int
    let day: Int
    private let weekday: Int

    init(daysSince1970 days: Int64) {
        // The year begins on 1 March, so the leap day is its last; an era of 400 years has 146,097 days.
        let (era, dayOfEra) = (days + 719_468).flooredDivision(by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * monthFromMarch + 2) / 5) + 1
        month = Int(monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
        // 1 January 1970 was a Thursday.
        weekday = Int((days + 4).flooredDivision(by: 7).remainder)
    }

    var weekdayName: String {
        let names = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
        return names[weekday % names.count]
    }

    var monthName: String {
        let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        return names[(month - 1) % names.count]
    }
}

extension Int64 {
    /// Division that rounds down, so times before 1970 come out right.
    fileprivate func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
