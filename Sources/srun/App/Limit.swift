import SrunKit

/// A limit as a person writes it: an amount with its unit; `off` or nothing at all means that there is none.
struct Limit<Value: Sendable & Equatable>: Sendable, Equatable {
    /// Nil when there is no limit.
    let value: Value?
}

extension Limit<Int> {
    init?(count text: String) {
        guard let amount = Amount(text, units: ["": 1]), let count = Int(exactly: amount.value) else { return nil }
        value = count == 0 ? nil : count
    }
}

extension Limit<Int64> {
    init?(bytes text: String) {
        guard let amount = Amount(text, units: Amount.bytes) else { return nil }
        // Written with a fraction it may not be a whole number of bytes.
        value = amount.value == 0 ? nil : Int64(exactly: amount.value.rounded(.up))
    }
}

extension Limit<Duration> {
    init?(time text: String) {
        guard let amount = Amount(text, units: Amount.seconds) else { return nil }
        value = amount.value == 0 ? nil : .seconds(amount.value)
    }
}

extension DiskFloor {
    /// Reads an amount of bytes, a share of the disk in percent, or `off`.
    init?(setting text: String) {
        if text.hasSuffix("%") {
            guard let amount = Amount(String(text.dropLast()), units: ["": 1]), amount.value <= 100 else { return nil }
            self.init(bytes: 0, share: amount.value / 100)
        } else {
            guard let limit = Limit<Int64>(bytes: text) else { return nil }
            self.init(bytes: limit.value ?? 0, share: 0)
        }
    }
}

/// A number that is not negative, and a unit.
private struct Amount {
    static let bytes: [String: Double] = [
        "": 1, "b": 1, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
        "kib": 0x1p10, "mib": 0x1p20, "gib": 0x1p30, "tib": 0x1p40,
    ]
    static let seconds: [String: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800]

    /// Far beyond what anybody has, and within what every number type here can hold.
    private static let maximum = 1e15

    let value: Double

    init?(_ text: String, units: [String: Double]) {
        if text.lowercased() == "off" || text == "0" {
            value = 0
            return
        }
        let number = text.prefix { $0 == "." || ("0"..."9").contains($0) }
        guard let amount = Double(number), let factor = units[text.dropFirst(number.count).lowercased()],
            amount * factor <= Self.maximum
        else { return nil }
        value = amount * factor
    }
}
