import Foundation
import Logging
import ServiceLifecycle
import SrunKit
import StoreMemory

/// The server as a process: from a checked configuration to the exit code.
///
/// Whatever can refuse does so before anything is written, and a start that fails takes back the folders it has made.
struct App: Sendable {
    let configuration: Configuration
    let environment: [String: String]
    let keeper: KeeperClient?
    let logger: Logger

    init(_ configuration: Configuration, environment: [String: String], keeper: KeeperClient? = nil) {
        self.configuration = configuration
        self.environment = environment
        self.keeper = keeper
        let level = configuration.logLevel
        // The libraries that make their own loggers write to standard error too: standard output is for programs.
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler(label: label, stream: ServerLog())
            handler.logLevel = level
            return handler
        }
        logger = Logger(label: "srun")
    }

    /// Serves until somebody asks it to end.
    ///
    /// - Throws: ``Failure``, or ``ServerError`` with ``ServerError/Code/invalidConfiguration``.
    func run() async throws {
        do {
            var web = try webConfiguration()
            let identity = try configuration.tls.map { files in
                try TLSIdentity(certificateFile: files.certificate, keyFile: files.key)
            }
            web.identity = identity
            try await begin()
            web.listener = try listener()
            let folder = try configuration.keepsFiles ? StateFolder(preparing: configuration.stateFolder) : nil
            do {
                try await open(folder, web)
            } catch {
                folder?.removeIfUnused()
                throw error
            }
        } catch let error as StoreError {
            throw Failure(ExitCodes(error.code), error.description)
        } catch let error as ServerError where error.code != .invalidConfiguration {
            throw Failure(ExitCodes(error.code), error.description)
        }
    }

    private func certificateReload(_ web: ServerConfiguration) -> (@Sendable () throws -> Void)? {
        guard let identity = web.identity else { return nil }
        return { try identity.reload() }
    }

    /// The process that people see as srun.
    var owner: Int32 { keeper?.owner ?? getpid() }

    /// Waits for the keeper's word. Whatever the settings may be refused for has been refused by now; nothing has been touched.
    private func begin() async throws {
        do {
            try await keeper?.begin(
                build: BuildInfo.current.version, leavesJobs: configuration.onExit == .keep,
                stayingIn: try keeperPlace())
        } catch let error as LaunchError {
            throw Failure(.unavailable, error.description)
        }
    }

    /// The folder by which a keeper is found that outlives whoever starts it, when there is to be one or one has jobs there.
    private func keeperPlace() throws -> String? {
        guard configuration.keepsFiles, keeper?.stays != true else { return nil }
        let folder = configuration.stateFolder
        let wanted = configuration.onExit == .keep ? folder : nil
        guard let found = KeeperPresence.ask(in: folder), found.server.map({ kill($0, 0) != 0 }) ?? true else {
            return wanted
        }
        let keeps = "the keeper of \(folder), process \(found.process), has \(found.jobs) jobs"
        guard keeper != nil else { throw Failure(.temporary, "\(keeps): start srun without --no-keeper") }
        guard found.isUnderstood else {
            throw Failure(
                .unavailable,
                "\(keeps) and speaks another protocol: start the version that left them, or end it and them with: kill \(found.process)"
            )
        }
        guard found.store == nil || found.store == configuration.storeName else {
            throw Failure(
                .temporary,
                "\(keeps), which belong to \(found.store ?? ""): start srun with that, or end it and them with: kill \(found.process)"
            )
        }
        return folder
    }

    /// Whether jobs go on when this server is ended.
    var leavesJobs: Bool { configuration.onExit == .keep && keeper?.stays == true }

    /// The way from the settings to a server that serves, which may take a while, can be ended at any moment.
    private func open(_ folder: StateFolder?, _ web: ServerConfiguration) async throws {
        let secret = try secret(in: folder)
        if configuration.onExit == .keep, !leavesJobs {
            // Its jobs, and their keeper, are of a start that did not ask for that.
            StandardError.say("--on-exit keep counts from the next start on")
        }
        let leave = Leave()
        let sign = ServerSign()
        let life = ServerLife { life in
            guard let store = try await openStore(web) else { return }
            do {
                let token = try secret.existing ?? secret.create()
                try await serve(store: store, token: token, folder: folder, web: web, sign, leave, life)
            } catch {
                await store.close()
                throw error
            }
            await store.close()
        }
        let takeAway = { @Sendable in
            sign.takeAway()
            if let path = configuration.address.socketPath { unlink(path) }
        }
        defer { takeAway() }
        try await EndRequests(
            endsWithStandardInput: configuration.endsWithStandardInput, keeper: keeper, leavesJobs: leavesJobs,
            leave: leave, logger: logger, takeAway: takeAway
        )
        .run(
            ServiceGroup(services: [life], logger: logger), hurry: { life.hurry() },
            reload: certificateReload(web))
    }

    private func serve(
        store: any Store, token: String?, folder: StateFolder?, web: ServerConfiguration, _ sign: ServerSign,
        _ leave: Leave, _ life: ServerLife
    ) async throws {
        // A store that keeps no users leaves it at the one administrator.
        let access = Access(
            token.map { .token(Token($0)) } ?? .none, store: store as? any AccessStore ?? MemoryStore(),
            options: configuration.accessOptions)
        let engine = try engine(store: store)
        let server = Server(
            engine: engine, access: access, configuration: web, build: .current, node: configuration.node,
            logger: logger, leave: leave, keeper: keeper
        ) { address in
            guard await engine.isServing() else { return }
            keeper?.ready(
                WorkerTerms(
                    endsWithWorker: !configuration.keepsFiles, leavesJobs: leavesJobs,
                    folder: configuration.keepsFiles ? configuration.stateFolder : nil,
                    store: configuration.storeName))
            engine.setAddress("http://\(ListenAddress(host: address.host, port: address.port))")
            let message = StartMessage(
                configuration: configuration,
                address: configuration.address.socketPath == nil
                    ? ListenAddress(host: address.host, port: address.port) : configuration.address,
                token: token, code: token == nil ? nil : access.makeSignInCode(), owner: owner,
                validity: web.identity?.validity, leavesJobs: leavesJobs)
            if let folder { sign.put(into: folder, url: message.url, owner: owner, logger: logger) }
            // Whoever started srun was told by the first server; this one only takes its place.
            if let keeper, keeper.restarts > 0 { return }
            message.tell()
        }
        // Shut down from the last to the first: the server is there until the engine has stopped the jobs, so that
        // whoever follows one sees its end.
        let group = ServiceGroup(services: [server, engine], logger: logger)
        defer { sign.takeAway() }
        life.whenHurried { engine.shutDownAtOnce() }
        try await group.run()
    }
}
