import SrunKit
import Testing

@testable import srun

@Suite("Limits as a person writes them")
struct AppLimitTests {
    private func configuration(flags: [(Setting, String)] = [], file: String = "{}") throws -> Configuration {
        var layer = SettingLayer(.flags)
        for (setting, value) in flags { layer.add([value], for: setting) }
        let fileLayer = try ConfigurationFile.layer(StrictJSON.parse(file.utf8), path: "/etc/srun.json")
        return try Configuration(
            SettingLayers([layer, fileLayer]), environment: ["HOME": "/home/someone"], currentFolder: "/work")
    }

    @Test(arguments: [
        ("90s", 90), ("5m", 300), ("12h", 43_200), ("30d", 2_592_000), ("1.5D", 129_600), ("2w", 1_209_600),
        ("0", nil), ("off", nil), ("OFF", nil), ("0d", nil),
    ])
    func readsTimes(_ text: String, _ seconds: Double?) {
        #expect(Limit(time: text) == Limit(value: seconds.map { .seconds($0) }))
    }

    @Test(arguments: [
        ("1", 1), ("10B", 10), ("2kB", 2000), ("2KiB", 2048), ("500MB", 500_000_000), ("10GiB", 10 << 30),
        ("0.5tib", 1 << 39), ("1TB", 1_000_000_000_000), ("0.1KiB", 103), ("0", nil), ("0GiB", nil), ("off", nil),
    ])
    func readsAmounts(_ text: String, _ bytes: Int64?) {
        #expect(Limit(bytes: text) == Limit(value: bytes))
    }

    @Test(arguments: [
        ("2GiB", DiskFloor(bytes: 2 << 30, share: 0)), ("5%", DiskFloor(bytes: 0, share: 0.05)),
        ("100%", DiskFloor(bytes: 0, share: 1)), ("0%", .none), ("off", .none), ("0", .none),
    ])
    func readsFloors(_ text: String, _ floor: DiskFloor) {
        #expect(DiskFloor(setting: text) == floor)
    }

    @Test(arguments: [
        "-1", "", "x", "10", "10GiB", "d", ".", "1.2.3d", "30 d", " 30d", "1e3d", "nan", "infd", "+1d", "9e99d",
        "99999999999999999999w", "30days", "\u{0663}d",
    ])
    func refusesWhatIsNoTime(_ text: String) {
        #expect(Limit<Duration>(time: text) == nil)
        #expect(throws: SettingError.self) { try configuration(flags: [(.keepAge, text)]) }
    }

    @Test(arguments: ["-1", "", "x", "10 GiB", "10d", "GiB", "1e9", "10G", "0x10", "99999999999999999999", "5%"])
    func refusesWhatIsNoAmount(_ text: String) {
        #expect(Limit<Int64>(bytes: text) == nil)
        #expect(throws: SettingError.self) { try configuration(flags: [(.keepBytes, text)]) }
    }

    @Test(arguments: ["-1", "1.5", "10d", "many", "99999999999999999999"])
    func refusesWhatIsNoNumber(_ text: String) {
        #expect(Limit<Int>(count: text) == nil)
        #expect(throws: SettingError.self) { try configuration(flags: [(.keepJobs, text)]) }
    }

    @Test(arguments: ["101%", "-5%", "%", "5 %", "5%%", "1GiB%"])
    func refusesWhatIsNoFloor(_ text: String) {
        #expect(DiskFloor(setting: text) == nil)
        #expect(throws: SettingError.self) { try configuration(flags: [(.diskFloor, text)]) }
    }

    @Test func flagsTurnLimitsOffAndOn() throws {
        let off = try configuration(
            flags: [(.keepAge, "off"), (.keepJobs, "0"), (.keepBytes, "0"), (.diskFloor, "off"), (.outputQuota, "off")])
        #expect(off.retention == .keepsEverything)
        #expect(off.diskFloor == .none)
        #expect(off.outputQuota == nil)
        #expect(try configuration(flags: []).outputQuota == 1 << 30)
        #expect(try configuration(flags: [(.outputQuota, "64MiB")]).outputQuota == 64 << 20)
        let on = try configuration(flags: [(.keepAge, "1h"), (.keepJobs, "7"), (.keepBytes, "1KiB")])
        #expect(on.retention == RetentionPolicy(age: .seconds(3600), jobs: 7, bytes: 1024))
    }

    @Test func theFileMayHaveNumbersAndText() throws {
        let file = try configuration(
            file: #"{"keep-age": "8w", "keep-jobs": 1000, "keep-bytes": 1048576, "disk-floor": "off"}"#)
        #expect(file.retention == RetentionPolicy(age: .seconds(4_838_400), jobs: 1000, bytes: 1 << 20))
        #expect(file.diskFloor == .none)
        #expect(try configuration(file: #"{"keep-jobs": "off"}"#).retention == .standard)
        #expect(throws: SettingError.self) { try configuration(file: #"{"keep-jobs": true}"#) }
    }
}
