import Foundation
import SrunKit
import StoreMemory
import StorePostgres
import StoreSQLite

/// What the server is made of, and nothing else names the parts.
extension App {
    func webConfiguration() throws(ServerError) -> ServerConfiguration {
        var web = try ServerConfiguration(
            host: configuration.address.host, port: configuration.address.port,
            allowedHosts: configuration.allowedHosts, trustedProxies: configuration.trustedProxies)
        web.store = configuration.store.kind
        web.demandsHTTPS = configuration.demandsHTTPS
        web.auth = configuration.access.rawValue
        web.issuer = configuration.openID.map { settings in
            OpenIDIssuer(settings, logger: logger, answering: OpenIDClient(logger: logger))
        }
        web.startRate = configuration.startRate
        web.vouchingField = configuration.access == .proxy ? configuration.authHeader : nil
        return web
    }

    /// - Returns: Nil when told to end before the store was there.
    func openStore(_ web: ServerConfiguration) async throws -> (any Store)? {
        switch configuration.store {
        case .memory:
            return MemoryStore()
        case .sqlite(let path):
            let store = try await SQLiteStore.open(
                at: path, node: configuration.node, initializeEmpty: configuration.acceptsEmptyDatabase,
                owner: keeper?.stays == true ? getppid() : owner, lock: keeper?.takeKept(Self.lock))
            // Held for as long as the keeper has jobs, whether anybody serves or not.
            if let keeper, keeper.stays { keeper.keep(store.shareLock(), as: Self.lock) }
            if let backup = store.backupOfEarlierTool {
                StandardError.say("took over the database of an earlier srun; it was copied to \(backup) before")
            }
            return store
        case .postgres(let address):
            let wait = DatabaseWait(
                address: address, spool: configuration.stateFolder + "/spool",
                // Jobs that are held wait for nobody else.
                isEndless: configuration.waitsForDatabase || (keeper?.restarts ?? 0) > 0, web: web, logger: logger)
            return try await wait.open()
        }
    }

    /// The name under which a keeper that stays holds the lock of the database.
    private static let lock = "lock"

    func engine(store: any Store) throws -> Engine {
        let passed = configuration.passedEnvironment.compactMap { name in environment[name].map { (name, $0) } }
        var settings = EngineConfiguration(
            node: configuration.node, runningLimit: configuration.runningLimit, stopGrace: configuration.stopGrace,
            passedEnvironment: Dictionary(passed) { first, _ in first }, retention: configuration.retention,
            diskFloor: configuration.diskFloor, outputQuota: configuration.outputQuota,
            indexesOutput: configuration.indexesOutput)
        settings.team = configuration.team
        settings.samplesUsage = true
        settings.confinement = configuration.confinement
        return Engine(store: store, launcher: try launcher(), configuration: settings, logger: logger)
    }

    private func launcher() throws -> any ProcessLauncher {
        guard let keeper else { return try LocalProcessLauncher() }
        return try KeptLauncher(keeper, ringBytes: configuration.ringBytes)
    }

    /// The socket to serve on: what an earlier server of this keeper listened on, if that is still the address.
    func listener() throws -> ListeningSocket {
        let address = configuration.address
        let name = "\(KeeperProgram.listenerPrefix)\(address)"
        if let number = keeper?.takeKept(name) { return ListeningSocket(adopting: number) }
        for old in keeper?.keptNames ?? [] where old.hasPrefix(KeeperProgram.listenerPrefix) { keeper?.drop(old) }
        let socket =
            try address.socketPath.map { try ListeningSocket(path: $0) }
            ?? ListeningSocket(host: address.host, port: address.port)
        keeper?.keep(socket.number, as: name)
        return socket
    }

    /// The administrator's token: found, or how to make it once nothing can go wrong any more.
    struct Secret: Sendable {
        let existing: String?
        /// Nil where everybody may enter.
        let create: @Sendable () throws -> String?
    }

    func secret(in folder: StateFolder?) throws -> Secret {
        guard configuration.access != .open else { return Secret(existing: nil) { nil } }
        guard let path = folder?.file(TokenFile.name) else { return Secret(existing: nil) { TokenFile.make() } }
        return Secret(existing: try TokenFile.read(path)) { try TokenFile.create(path) }
    }
}

extension Configuration {
    /// A server with its store in memory touches no file.
    var keepsFiles: Bool { store != .memory }

    /// Where jobs are written down, and as whose: what a keeper that stays has jobs of.
    var storeName: String {
        let place =
            switch store {
            case .memory: "memory"
            case .sqlite(let path): path
            case .postgres(let address): PostgresStore.display(address)
            }
        return "\(place) as node \(node)"
    }

    var accessOptions: srun.Access.Options {
        srun.Access.Options(limitsToOwnJobs: limitsToOwnJobs, newcomerRole: newcomerRole)
    }
}
