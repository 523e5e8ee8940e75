import Foundation
import SrunKit

/// Times as the earlier tool's database has them.
///
/// SQLite wrote `2025-05-20 12:34:56` (UTC). The Go driver wrote RFC 3339, or what Go prints of a time:
/// `2025-05-20 12:34:56.789012345 +0200 CEST m=+0.01`. The name of the zone says nothing that the offset does not.
enum LegacyTime {
    static func date(from text: String) -> Date? {
        var scanner = Scanner(text: Array(text.utf8))
        guard let year = scanner.number(digits: 4), scanner.skip("-"),
            let month = scanner.number(digits: 2), (1...12).contains(month), scanner.skip("-"),
            let day = scanner.number(digits: 2), (1...31).contains(day), scanner.skip("T") || scanner.skip(" "),
            let hour = scanner.number(digits: 2), hour < 24, scanner.skip(":"),
            let minute = scanner.number(digits: 2), minute < 60
        else { return nil }
        let second = scanner.skip(":") ? scanner.number(digits: 2) : 0
        guard let second, second <= 60 else { return nil }
        let microsecond = scanner.skip(".") ? scanner.fraction() : 0
        _ = scanner.skip(" ")
        let days = daysSince1970(year: year, month: month, day: day)
        let seconds = Int64(((days * 24 + hour) * 60 + minute) * 60 + second - scanner.zoneOffset())
        return Date(microseconds: seconds * 1_000_000 + Int64(microsecond))
    }

    /// A time that a driver wrote as a number: since 1970, in the unit that puts it between 1973 and 2286.
    static func date(from number: Int64) -> Date? {
        switch number {
        case 100_000_000..<10_000_000_000: Date(microseconds: number * 1_000_000)
        case 100_000_000_000..<10_000_000_000_000: Date(microseconds: number * 1000)
        case 100_000_000_000_000..<10_000_000_000_000_000: Date(microseconds: number)
        case 100_000_000_000_000_000...: Date(microseconds: number / 1000)
        default: nil
        }
    }

    /// Of the Gregorian calendar. Years are counted from March, which puts the leap day at the end of one.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shiftedYear = month > 2 ? year : year - 1
        let shiftedMonth = (month + 9) % 12
        let leapDays = shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
        return shiftedYear * 365 + leapDays + (153 * shiftedMonth + 2) / 5 + day - 719_469
    }

    private struct Scanner {
        let text: [UInt8]
        var index = 0

        private var next: UInt8? { index < text.count ? text[index] : nil }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard next == UInt8(ascii: character) else { return false }
            index += 1
            return true
        }

        private mutating func digit() -> Int? {
            guard let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) else { return nil }
            index += 1
            return Int(next - UInt8(ascii: "0"))
        }

        mutating func number(digits: Int) -> Int? {
            var number = 0
            for _ in 0..<digits {
                guard let digit = digit() else { return nil }
                number = number * 10 + digit
            }
            return number
        }

        /// Microseconds; what is finer is cut off.
        mutating func fraction() -> Int {
            var microseconds = 0
            var weight = 100_000
            while let digit = digit() {
                microseconds += digit * weight
                weight /= 10
            }
            return microseconds
        }

        /// Seconds east of Greenwich; 0 when nothing is said.
        mutating func zoneOffset() -> Int {
            let sign = skip("+") ? 1 : skip("-") ? -1 : 0
            guard sign != 0, let hours = number(digits: 2) else { return 0 }
            _ = skip(":")
            return sign * (hours * 3600 + (number(digits: 2) ?? 0) * 60)
        }
    }
}
