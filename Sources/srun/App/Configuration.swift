import Foundation
import HTTPTypes
import Logging
import SrunKit

/// How the server is to run: every setting, read, checked, and with its default.
struct Configuration: Sendable {
    enum Access: String, Sendable, Hashable {
        case token
        /// A trusted proxy says who somebody is.
        case proxy
        /// Everybody who can connect may do everything.
        case open = "none"
    }

    var address: ListenAddress
    var allowedHosts: [String]
    /// Addresses and networks as text; the server reads them.
    var trustedProxies: [String]
    var store: StoreLocation
    /// A file of zero bytes may become a new database.
    var acceptsEmptyDatabase: Bool
    /// Wait for a database server that is not there yet as long as it takes.
    var waitsForDatabase: Bool
    var stateFolder: String
    var logLevel: Logger.Level
    var node: String
    var team: TeamConfiguration
    var runningLimit: Int
    /// How fast one person may start jobs; nil for any speed.
    var startRate: StartRate?
    var stopGrace: Duration
    var retention: RetentionPolicy
    var diskFloor: DiskFloor
    /// Of one job; nil keeps all of it.
    var outputQuota: Int64?
    var indexesOutput: Bool
    /// Names of variables of the server's own environment that its jobs get.
    var passedEnvironment: [String]
    var access: Access
    /// Another service that signs people in.
    var openID: OpenIDSettings?
    /// Certificate and key, as files; nil for plain HTTP.
    var tls: TLSFiles?
    /// Browsers are told to come by HTTPS only.
    var demandsHTTPS: Bool
    /// In which field a trusted proxy says who somebody is.
    var authHeader: String
    /// Operators act on their own jobs only.
    var limitsToOwnJobs: Bool
    /// What somebody becomes whom another service vouches for; nil lets only known users in.
    var newcomerRole: Role?
    var announcesAsJSON: Bool
    var endsWithStandardInput: Bool
    /// How much output of each job may wait for the store.
    var ringBytes: Int
    var onExit: OnExit
    /// What no job may do.
    var confinement: JobConfinement

    /// What becomes of running jobs when srun is ended.
    enum OnExit: String, Sendable, Hashable {
        case stop
        /// They go on, and the next start finds them.
        case keep
    }

    /// - Throws: ``SettingError`` for a value that is not what it must be; ``Failure`` with
    ///   ``ExitCodes/refusedConfiguration`` for a combination that would be dangerous.
    init(_ layers: SettingLayers, environment: [String: String], currentFolder: String) throws {
        let folder =
            try layers.text(.stateDir).map { Self.absolute($0, in: currentFolder) }
            ?? StateFolder.defaultPath(environment: environment)
        address = ListenAddress(
            host: try layers.text(.host) ?? "127.0.0.1",
            port: try layers.value(.port, expected: "a port number from 0 to 65535", read: ListenAddress.port) ?? 8000
        ).resolved(in: currentFolder)
        allowedHosts = try layers.list(.allowedHost)
        trustedProxies = try layers.list(.trustedProxies)
        store = try Self.store(layers, stateFolder: folder, currentFolder: currentFolder)
        acceptsEmptyDatabase = try layers.isOn(.acceptEmptyDatabase)
        waitsForDatabase = try layers.isOn(.waitDatabase)
        stateFolder = folder
        logLevel =
            try layers.value(.logLevel, expected: "trace, debug, info, notice, warning, error or critical") {
                Logger.Level(rawValue: $0.lowercased())
            } ?? .notice
        node =
            try layers.value(.node, expected: "1 to 64 letters, digits, '-', '_' and '.'", read: Self.nodeName)
            ?? Self.hostName
        team = try Self.team(layers, stateFolder: folder)
        runningLimit =
            try layers.value(.jobs, expected: "a number from 1 to 10000") { text in
                Int(text).flatMap { (1...10_000).contains($0) ? $0 : nil }
            } ?? 16
        startRate = StartRate(
            setting: try layers.value(.createRate, expected: "a number from 0 to 1000000") { text in
                Int(text).flatMap { (0...1_000_000).contains($0) ? $0 : nil }
            } ?? StartRate.standard.perMinute)
        stopGrace =
            try layers.value(.stopGrace, expected: "a number of seconds from 0 to 3600") { text in
                Double(text).flatMap { (0...3600).contains($0) ? Duration.seconds($0) : nil }
            } ?? .seconds(10)
        retention = try Self.retention(layers)
        diskFloor =
            try layers.value(
                .diskFloor, expected: "an amount such as 2GiB, a share of the disk such as 5%, or off",
                read: DiskFloor.init(setting:)) ?? .standard
        outputQuota =
            try layers.value(
                .outputQuota, expected: "an amount such as 64MiB or 1GiB, or off",
                read: Limit<Int64>.init(bytes:)
            ).map(\.value) ?? Self.standardOutputQuota
        indexesOutput =
            try layers.value(.searchIndex, expected: "on or off") { ["on": true, "off": false][$0] } ?? true
        passedEnvironment = try layers.list(.passEnv)
        access =
            try layers.value(.auth, expected: "token, proxy or none", read: Access.init(rawValue:)) ?? .token
        openID = try OpenIDSettings(layers, access: access, currentFolder: currentFolder)
        tls = try Self.tls(layers, currentFolder: currentFolder)
        demandsHTTPS = try layers.isOn(.hsts)
        authHeader =
            try layers.value(.authHeader, expected: "the name of a header field", read: Self.fieldName)
            ?? "x-forwarded-user"
        limitsToOwnJobs = try layers.isOn(.ownJobsOnly)
        newcomerRole = try layers.value(
            .newUserRole, expected: "viewer, operator or admin", read: Role.init(rawValue:))
        announcesAsJSON = try layers.value(.announce, expected: "json") { $0 == "json" ? true : nil } ?? false
        endsWithStandardInput = try layers.isOn(.untilStdinCloses)
        ringBytes =
            try layers.value(.ringBytes, expected: "an amount from 256KiB to 256MiB") { text in
                Limit<Int64>(bytes: text)?.value.flatMap { Int(exactly: $0) }.flatMap {
                    KeptLauncher.ringSizes.contains($0) ? $0 : nil
                }
            } ?? KeptLauncher.ringBytes
        onExit = try Self.onExit(layers, store: store)
        confinement = try Self.confinement(layers)
        try refuseDangerous(layers)
    }

    static let standardOutputQuota: Int64 = 1 << 30

    private static func onExit(_ layers: SettingLayers, store: StoreLocation) throws -> OnExit {
        let hasKeeper = try !layers.isOn(.noKeeper)
        let onExit =
            try layers.value(.onExit, expected: "stop or keep", read: OnExit.init(rawValue:)) ?? .stop
        guard onExit == .keep else { return onExit }
        guard store != .memory else {
            throw Failure(.refusedConfiguration, "--on-exit keep needs a store that outlives the server, not memory")
        }
        guard hasKeeper else {
            throw Failure(.refusedConfiguration, "--on-exit keep needs the keeper, and --no-keeper wants none")
        }
        return onExit
    }

    /// What would let strangers run commands is refused before a socket exists.
    private func refuseDangerous(_ layers: SettingLayers) throws {
        if access == .open {
            guard try layers.isOn(.iKnowThisIsRCE) else {
                throw Failure(
                    .refusedConfiguration,
                    "--auth none lets every program and every web page on this machine run commands as you; "
                        + "if that is what you want, add --i-know-this-is-rce")
            }
            guard address.isLoopback else {
                throw Failure(.refusedConfiguration, "--auth none is only for a loopback address, not for \(address)")
            }
        }
        if access == .proxy {
            guard !trustedProxies.isEmpty else {
                throw Failure(
                    .refusedConfiguration,
                    "--auth proxy believes what a proxy says: name its address with --trusted-proxies")
            }
        }
        let isBehindProxy = try layers.isOn(.behindProxy)
        guard !demandsHTTPS || tls != nil || isBehindProxy else {
            throw layers.error(.hsts, "goes with --tls-cert or --behind-proxy: without TLS nobody would come any more")
        }
        let allowsPlainHTTP = try layers.isOn(.allowPlainHTTP)
        guard address.isLoopback || tls != nil || isBehindProxy || allowsPlainHTTP else {
            throw Failure(
                .refusedConfiguration,
                "\(address) can be reached from other machines, and srun speaks plain HTTP: give it a certificate with --tls-cert and --tls-key, "
                    + "put a TLS proxy before it and add --behind-proxy, or accept that passwords and output can be read on the way with --allow-plain-http"
            )
        }
    }

    private static func store(_ layers: SettingLayers, stateFolder: String, currentFolder: String) throws
        -> StoreLocation
    {
        let defaultPath = try layers.text(.db) ?? "\(stateFolder)/srun.db"
        let databaseURL = try layers.text(.databaseURL)
        if let databaseURL, layers.isFlag(.databaseURL), StoreLocation.holdsPassword(databaseURL) {
            throw layers.error(.databaseURL, StoreLocation.Refusal.password.problem)
        }
        let text = try layers.text(.store) ?? (databaseURL == nil ? "sqlite" : "postgres")
        let location: StoreLocation
        do {
            location = try StoreLocation(
                text, isPublic: layers.isFlag(.store), defaultPath: defaultPath, databaseURL: databaseURL ?? "")
        } catch {
            throw layers.error(.store, error.problem)
        }
        // Two flags that name different places: nobody may be left to wonder where the jobs went.
        if layers.isFlag(.db), layers.isFlag(.store), location != .sqlite(path: defaultPath) {
            throw layers.error(.db, "goes with --store sqlite only, and --store names another place")
        }
        guard case .sqlite(let path) = location else { return location }
        return .sqlite(path: absolute(path, in: currentFolder))
    }

    private static func team(_ layers: SettingLayers, stateFolder: String) throws -> TeamConfiguration {
        let seconds = { (setting: Setting, range: ClosedRange<Double>) in
            try layers.value(
                setting,
                expected: "a number of seconds from \(Int(range.lowerBound.rounded(.up))) to \(Int(range.upperBound))"
            ) { text in Double(text).flatMap { range.contains($0) ? Duration.seconds($0) : nil } }
        }
        let labels = try layers.list(.label)
        guard labels.allSatisfy(Queueing.isName) else {
            throw layers.error(.label, "must be 1 to 64 letters, digits, '-', '_' and '.'")
        }
        return TeamConfiguration(
            labels: labels, version: BuildInfo.current.version, machine: machineName + stateFolder,
            lease: try seconds(.lease, 1...3600) ?? .seconds(30),
            grace: try seconds(.lostAfter, 0...86_400) ?? .seconds(300),
            onLeaseLoss: try layers.value(
                .onLeaseLoss, expected: "keep or stop", read: TeamConfiguration.LeaseLoss.init)
                ?? .keep)
    }

    /// What no other machine has: systemd's name for it, or that of the host.
    private static var machineName: String {
        let text = try? String(contentsOfFile: "/etc/machine-id", encoding: .utf8)
        return (text?.split(whereSeparator: \.isNewline).first.map(String.init) ?? "") + "@" + hostName + ":"
    }

    private static func confinement(_ layers: SettingLayers) throws -> JobConfinement {
        var confinement = JobConfinement()
        confinement.allowsSetuid = try layers.isOn(.allowSetuid)
        confinement.sandbox =
            try layers.value(
                .sandbox, expected: "none, read-only-home or bwrap", read: JobConfinement.Sandbox.init(rawValue:))
            ?? .none
        if let name = try layers.text(.runAs) {
            guard geteuid() == 0 else {
                throw Failure(.refusedConfiguration, "--run-as needs a server that runs as root")
            }
            guard let account = JobConfinement.Account(name) else {
                throw layers.error(.runAs, "names no user of this machine")
            }
            confinement.account = account
        }
        let places = ["/usr/local/bin/bwrap", "/usr/bin/bwrap", "/bin/bwrap"]
        guard confinement.sandbox == .none || places.contains(where: FileManager.default.isExecutableFile) else {
            throw Failure(.refusedConfiguration, "--sandbox needs bubblewrap: install the package bubblewrap")
        }
        return confinement
    }

    private static func retention(_ layers: SettingLayers) throws -> RetentionPolicy {
        var policy = RetentionPolicy.standard
        if let limit = try layers.value(
            .keepAge, expected: "a time such as 12h, 30d or 8w, or off", read: Limit.init(time:))
        {
            policy.age = limit.value
        }
        if let limit = try layers.value(.keepJobs, expected: "a number, or off", read: Limit.init(count:)) {
            policy.jobs = limit.value
        }
        if let limit = try layers.value(
            .keepBytes, expected: "an amount such as 500MB or 10GiB, or off", read: Limit.init(bytes:))
        {
            policy.bytes = limit.value
        }
        return policy
    }

    static func absolute(_ path: String, in folder: String) -> String {
        path.hasPrefix("/") ? path : "\(folder)/\(path)"
    }

    struct TLSFiles: Hashable, Sendable {
        var certificate: String
        var key: String
    }

    private static func tls(_ layers: SettingLayers, currentFolder: String) throws -> TLSFiles? {
        switch (try layers.text(.tlsCert), try layers.text(.tlsKey)) {
        case (nil, nil): return nil
        case (let certificate?, let key?):
            return TLSFiles(
                certificate: absolute(certificate, in: currentFolder), key: absolute(key, in: currentFolder))
        case (nil, _?): throw layers.error(.tlsKey, "goes with --tls-cert")
        case (_?, nil): throw layers.error(.tlsCert, "goes with --tls-key")
        }
    }

    private static func fieldName(_ text: String) -> String? {
        HTTPField.Name(text)?.canonicalName
    }

    private static func nodeName(_ text: String) -> String? {
        let isFine = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isFine && (1...64).contains(text.utf8.count) ? text : nil
    }

    private static var hostName: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
        let text = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return nodeName(text) ?? "localhost"
    }
}
