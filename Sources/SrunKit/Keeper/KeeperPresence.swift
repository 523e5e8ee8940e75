import CPTY
import Foundation

/// A keeper that stays, as it shows itself in a state folder.
public struct KeeperPresence: Hashable, Sendable {
    /// The keeper's own process.
    public var process: Int32
    /// The process that people see as srun; nil while nobody serves.
    public var server: Int32?
    /// How many jobs it holds: those that run, and those whose end nobody has written down yet.
    public var jobs: Int
    /// Where its jobs are written down, as the last server said.
    public var store: String?
    var version = KeeperProtocol.version
    var oldest = KeeperProtocol.oldestVersion

    /// The socket in the state folder.
    static let socket = "keeper.sock"
    private static let patience: Int32 = 2000

    /// Whether a server of this version can work with it.
    public var isUnderstood: Bool { KeeperProtocol.common(version: version, oldest: oldest) != nil }

    /// Asks the keeper of a folder.
    ///
    /// - Returns: Nil when there is none, or when it belongs to somebody else.
    public static func ask(in folder: String) -> KeeperPresence? { connect(in: folder)?.presence }

    /// A connection to the keeper of a folder, which has said who it is.
    static func connect(in folder: String) -> (channel: KeeperChannel, presence: KeeperPresence)? {
        let number = cpty_connect_in(folder, socket)
        guard number >= 0 else { return nil }
        let channel = KeeperChannel(descriptor: Descriptor(number))
        guard cpty_peer_user(number) == geteuid() else { return nil }
        var entry = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        guard poll(&entry, 1, patience) > 0, case .message(let received) = channel.receive(),
            case .presence(let presence)? = try? FrontAnswer(bytes: received.bytes)
        else { return nil }
        return (channel, presence)
    }

    init(process: Int32, server: Int32?, jobs: Int, store: String?) {
        self.process = process
        self.server = server
        self.jobs = jobs
        self.store = store
    }

    func put(into writer: inout FieldWriter) {
        writer.put(.version, Int64(version))
        writer.put(.oldestVersion, Int64(oldest))
        writer.put(.process, Int64(process))
        if let server { writer.put(.server, Int64(server)) }
        writer.put(.jobCount, Int64(jobs))
        if let store { writer.put(.store, store) }
    }

    init(from reader: FieldReader) throws(KeeperProtocolError) {
        version = try reader.required(reader.number(.version, as: UInt16.self))
        oldest = try reader.required(reader.number(.oldestVersion, as: UInt16.self))
        process = try reader.required(reader.number(.process, as: Int32.self))
        server = reader.number(.server, as: Int32.self)
        jobs = reader.number(.jobCount, as: Int.self) ?? 0
        store = reader.text(.store)
    }
}
