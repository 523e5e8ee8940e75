import Logging
import SrunKit
import Testing

@testable import srun

@Suite("Configuration")
struct AppConfigurationTests {
    /// What the given flags, variables and file add up to.
    private func configuration(
        flags: [(Setting, [String])] = [], environment: [String: String] = [:], file: String = "{}"
    ) throws -> Configuration {
        var layer = SettingLayer(.flags)
        for (setting, values) in flags { layer.add(values, for: setting) }
        let fileLayer = try ConfigurationFile.layer(StrictJSON.parse(file.utf8), path: "/etc/srun.json")
        let layers = try SettingLayers([layer, SettingLayer(environment: environment), fileLayer])
        return try Configuration(layers, environment: ["HOME": "/home/someone"], currentFolder: "/home/someone/here")
    }

    @Test func hasSafeDefaults() throws {
        let configuration = try configuration()
        #expect(configuration.address == ListenAddress(host: "127.0.0.1", port: 8000))
        #expect(configuration.access == .token)
        #expect(configuration.stateFolder == "/home/someone/.local/state/srun")
        #expect(configuration.store == .sqlite(path: "/home/someone/.local/state/srun/srun.db"))
        #expect(configuration.runningLimit == 16)
        #expect(configuration.startRate == StartRate(setting: 600))
        #expect(configuration.stopGrace == .seconds(10))
        #expect(configuration.retention == .standard)
        #expect(configuration.diskFloor == .standard)
    }

    @Test func flagBeatsEnvironmentBeatsFileBeatsDefault() throws {
        let file = #"{"port": 3}"#
        let environment = ["SRUN_PORT": "2"]
        #expect(try configuration(flags: [(.port, ["1"])], environment: environment, file: file).address.port == 1)
        #expect(try configuration(environment: environment, file: file).address.port == 2)
        #expect(try configuration(file: file).address.port == 3)
        #expect(try configuration().address.port == 8000)
    }

    @Test func theRateOfStartsIsANumberOrNone() throws {
        let file = #"{"create-rate": 30}"#
        #expect(try configuration(file: file).startRate == StartRate(setting: 30))
        #expect(try configuration(environment: ["SRUN_CREATE_RATE": "60"], file: file).startRate?.burst == 20)
        #expect(try configuration(flags: [(.createRate, ["0"])], file: file).startRate == nil)
        for wrong in ["-1", "fast", "1.5", "1000001"] {
            #expect(throws: SettingError.self) { try configuration(flags: [(.createRate, [wrong])]) }
        }
    }

    @Test func everySettingHasItsVariable() {
        #expect(Setting.allCases.map(\.variable).contains("SRUN_LOG_LEVEL"))
        #expect(Setting.iKnowThisIsRCE.variable == "SRUN_I_KNOW_THIS_IS_RCE")
        #expect(Set(Setting.allCases.map(\.variable)).count == Setting.allCases.count)
    }

    @Test(arguments: [Setting.noKeeper, .onExit])
    func whatIsNoValueOfASettingIsRefusedWhateverTheOthersSay(_ setting: Setting) throws {
        let error = #expect(throws: SettingError.self) { try configuration(environment: [setting.variable: "banana"]) }
        #expect(error?.description.hasPrefix(setting.variable) == true)
    }

    @Test func anIssuerIsNamedWithItsClient() throws {
        let file = #"{"oidc-issuer": "https://id.example/", "oidc-client-id": "srun"}"#
        let settings = try #require(try configuration(environment: ["SRUN_OIDC_NAME": "Example"], file: file).openID)
        #expect(settings.issuer == "https://id.example/" && settings.clientID == "srun" && settings.name == "Example")
        #expect(settings.discoveryURL == "https://id.example/.well-known/openid-configuration")
        #expect(try configuration(file: file).openID?.name == "id.example")
        #expect(try configuration().openID == nil)
        for flags in [
            [(Setting.oidcIssuer, ["https://id.example"])], [(.oidcClientID, ["srun"])], [(.oidcName, ["x"])],
            [(.oidcIssuer, ["https://id.example"]), (.oidcClientID, ["srun"]), (.oidcName, ["a\u{1b}b"])],
        ] {
            #expect(throws: SettingError.self) { try configuration(flags: flags) }
        }
        let plain: [(Setting, [String])] = [(.oidcIssuer, ["http://id.example"]), (.oidcClientID, ["srun"])]
        #expect(throws: Failure.self) { try configuration(flags: plain) }
    }

    @Test func emptyVariableCountsAsNotSet() throws {
        #expect(try configuration(environment: ["SRUN_PORT": ""]).address.port == 8000)
    }

    @Test(arguments: ["65536", "abc", "-1", "+1", " 1", "", "1.0", "99999999999999999999"])
    func refusesWrongPort(_ text: String) throws {
        let error = #expect(throws: SettingError.self) { try configuration(flags: [(.port, [text])]) }
        #expect(error?.origin == .flags)
        #expect(error?.description.hasPrefix("--port ") == true)
    }

    @Test func wrongVariableIsNamed() throws {
        let error = #expect(throws: SettingError.self) { try configuration(environment: ["SRUN_PORT": "abc"]) }
        #expect(error?.description == "SRUN_PORT must be a port number from 0 to 65535")
        #expect(error?.origin == .environment)
    }

    @Test func repeatedFlagMustAgreeWithItself() throws {
        #expect(try configuration(flags: [(.port, ["1", "1"])]).address.port == 1)
        #expect(throws: SettingError.self) { try configuration(flags: [(.port, ["1", "2"])]) }
        #expect(throws: SettingError.self) { try configuration(flags: [(.port, ["1"]), (.listen, ["127.0.0.1:2"])]) }
    }

    @Test func listenIsHostAndPortInOne() throws {
        let configuration = try configuration(flags: [(.listen, ["[::1]:81"])], environment: ["SRUN_PORT": "9"])
        #expect(configuration.address == ListenAddress(host: "::1", port: 81))
        #expect(throws: SettingError.self) { try self.configuration(flags: [(.listen, ["nowhere"])]) }
    }

    @Test func listsCollectWhatIsRepeatedAndWhatHasCommas() throws {
        let hosts = try configuration(flags: [(.allowedHost, ["a.test,b.test", " c.test "])]).allowedHosts
        #expect(hosts == ["a.test", "b.test", "c.test"])
        #expect(throws: SettingError.self) { try configuration(flags: [(.allowedHost, ["a,,b"])]) }
    }

    @Test func refusesEmptyDatabasePath() throws {
        #expect(throws: SettingError.self) { try configuration(flags: [(.db, [""])]) }
    }

    @Test func relativePathsStartAtTheCurrentFolder() throws {
        #expect(try configuration(flags: [(.db, ["x.db"])]).store == .sqlite(path: "/home/someone/here/x.db"))
        #expect(try configuration(flags: [(.stateDir, ["s"])]).stateFolder == "/home/someone/here/s")
    }

    @Test func stateFolderFollowsTheStandard() {
        let path = StateFolder.defaultPath(environment: ["XDG_STATE_HOME": "/state", "HOME": "/home/someone"])
        #expect(path == "/state/srun")
    }

    // MARK: What would be dangerous

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "example.test", "127.0.0.1.example.test"])
    func refusesOtherMachinesWithoutTransportSecurity(_ host: String) throws {
        let failure = #expect(throws: Failure.self) { try configuration(flags: [(.host, [host])]) }
        #expect(failure?.code == .refusedConfiguration)
        _ = try configuration(flags: [(.host, [host]), (.behindProxy, ["true"])])
        _ = try configuration(flags: [(.host, [host]), (.allowPlainHTTP, ["true"])])
    }

    @Test(arguments: ["127.0.0.1", "127.8.9.10", "::1", "localhost", "LOCALHOST"])
    func acceptsLoopback(_ host: String) throws {
        #expect(try configuration(flags: [(.host, [host])]).address.host == host)
    }

    @Test func openAccessNeedsTwoFlagsAndLoopback() throws {
        let open: (Setting, [String]) = (.auth, ["none"])
        let really: (Setting, [String]) = (.iKnowThisIsRCE, ["true"])
        #expect(throws: Failure.self) { try configuration(flags: [open]) }
        #expect(try configuration(flags: [open, really]).access == .open)
        let failure = #expect(throws: Failure.self) {
            try configuration(flags: [open, really, (.host, ["0.0.0.0"]), (.behindProxy, ["true"])])
        }
        #expect(failure?.code == .refusedConfiguration)
    }
}

@Suite("Configuration file")
struct AppConfigurationFileTests {
    private func layer(_ text: String) throws -> SettingLayer {
        try ConfigurationFile.layer(StrictJSON.parse(text.utf8), path: "/etc/srun.json")
    }

    @Test func readsEveryType() throws {
        let layer = try layer(
            #"{"port": 81, "stop-grace": 2.5, "node": "a", "behind-proxy": true, "allowed-host": ["x", "y"]}"#)
        #expect(layer.values[.port] == ["81"])
        #expect(layer.values[.stopGrace] == ["2.5"])
        #expect(layer.values[.node] == ["a"])
        #expect(layer.values[.behindProxy] == ["true"])
        #expect(layer.values[.allowedHost] == ["x", "y"])
    }

    @Test(arguments: [#"{"porrt": 1}"#, #"{"config": "/x"}"#, "[]", "1"])
    func refusesWhatItDoesNotKnow(_ text: String) throws {
        let failure = #expect(throws: Failure.self) { try layer(text) }
        #expect(failure?.code == .badData)
    }

    @Test(arguments: [
        #"{"port": "81"}"#, #"{"node": 1}"#, #"{"behind-proxy": "true"}"#, #"{"allowed-host": "x"}"#,
        #"{"allowed-host": [1]}"#, #"{"port": null}"#,
    ])
    func namesTheKeyOfAWrongType(_ text: String) throws {
        let error = #expect(throws: SettingError.self) { try layer(text) }
        #expect(error?.origin == .file("/etc/srun.json"))
        #expect(error?.description.contains("\" in /etc/srun.json must be ") == true)
    }

    @Test func onlyTheDefaultFileMayBeMissing() throws {
        try withTemporaryFolder { folder in
            let environment = ["XDG_CONFIG_HOME": folder]
            let missing = try ConfigurationFile.layer(named: nil, environment: environment, currentFolder: "/")
            #expect(missing.values.isEmpty)
            let failure = #expect(throws: Failure.self) {
                try ConfigurationFile.layer(named: "\(folder)/x.json", environment: [:], currentFolder: "/")
            }
            #expect(failure?.code == .badData)
        }
    }
}

@Suite("Store location")
struct AppStoreLocationTests {
    private func location(_ text: String, isPublic: Bool = true) throws -> StoreLocation {
        try StoreLocation(text, isPublic: isPublic, defaultPath: "/state/srun.db")
    }

    @Test func readsEveryForm() throws {
        #expect(try location("sqlite") == .sqlite(path: "/state/srun.db"))
        #expect(try location("sqlite:x.db") == .sqlite(path: "x.db"))
        #expect(try location("sqlite:/a/x.db") == .sqlite(path: "/a/x.db"))
        #expect(try location("sqlite:///a/x.db") == .sqlite(path: "/a/x.db"))
        #expect(try location("memory") == .memory)
        #expect(try location("memory:") == .memory)
        #expect(try location("postgres") == .postgres(address: ""))
        #expect(
            try location("postgres://u@h/db?sslmode=require") == .postgres(address: "postgres://u@h/db?sslmode=require")
        )
        let fromSetting = try StoreLocation(
            "postgresql", isPublic: true, defaultPath: "", databaseURL: "host=h dbname=d")
        #expect(fromSetting == .postgres(address: "host=h dbname=d"))
    }

    @Test(arguments: ["postgres:h", "mysql", "", "sqlit", "/a/x.db"])
    func namesTheKnownKinds(_ text: String) throws {
        let refusal = #expect(throws: StoreLocation.Refusal.self) { try location(text) }
        #expect(refusal == .unknownKind)
        #expect(refusal?.problem.contains("sqlite, postgres or memory") == true)
    }

    @Test func refusesPasswordsWhereOthersCanReadThem() throws {
        let url = "postgres://user:secret@host/db"
        #expect(throws: StoreLocation.Refusal.password) { try location(url) }
        #expect(throws: StoreLocation.Refusal.password) { try location("postgres://host/db?password=secret") }
        #expect(try location(url, isPublic: false) == .postgres(address: url))
        #expect(StoreLocation.holdsPassword("host=h password = secret"))
        #expect(StoreLocation.Refusal.password.problem.contains("secret") == false)
    }

    @Test func refusesMissingAndUnexpectedPaths() throws {
        #expect(throws: StoreLocation.Refusal.noPath) { try location("sqlite:") }
        #expect(throws: StoreLocation.Refusal.unexpectedPath) { try location("memory:x") }
    }
}
