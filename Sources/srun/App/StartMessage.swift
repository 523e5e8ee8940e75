import Foundation
import StorePostgres

/// What a start tells: to people on standard error, to a program (`--announce json`) on standard output.
struct StartMessage {
    let configuration: Configuration
    /// With the port that was really taken.
    let address: ListenAddress
    let token: String?
    /// For the sign-in link; nil when everybody may enter.
    let code: String?
    /// The process to end, and to signal.
    let owner: Int32
    /// When the TLS certificate is good.
    var validity: DateInterval?
    /// Whether jobs go on when it ends.
    var leavesJobs = false

    var url: String {
        if let path = address.socketPath { return ServerConnection.url(ofSocket: path) }
        return "\(configuration.tls == nil ? "http" : "https")://\(reachableHost)"
    }

    /// A browser cannot open a Unix socket.
    private var link: String? { address.socketPath != nil ? nil : code.map { "\(url)/#code=\($0)" } }

    /// One line of JSON.
    struct Announcement: Encodable {
        let url: String
        /// Null where everybody may enter.
        let token: String?
        let pid: Int32

        private enum CodingKeys: CodingKey {
            case url, token, pid
        }

        func encode(to encoder: any Encoder) throws {
            var fields = encoder.container(keyedBy: CodingKeys.self)
            try fields.encode(url, forKey: .url)
            try fields.encode(token, forKey: .token)
            try fields.encode(pid, forKey: .pid)
        }
    }

    func tell() {
        StandardError.write(text)
        guard configuration.announcesAsJSON else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let line = try? encoder.encode(Announcement(url: url, token: token, pid: owner)) else { return }
        // That nobody reads it is no reason not to serve.
        try? StandardOutput.write(String(decoding: line, as: UTF8.self) + "\n")
    }

    var text: String {
        var lines = warnings.map { "srun: WARNING: \($0)" }
        lines.append(
            "srun \(BuildInfo.current.version) listens on \(address.socketPath == nil ? url : address.description)")
        if let link { lines.append("  sign in:  \(link)   (once, within 10 minutes; another one: srun link)") }
        switch configuration.store {
        case .memory: lines.append("  data:     in memory, gone when srun ends")
        case .sqlite(let path): lines.append("  data:     \(path)")
        case .postgres(let address): lines.append("  data:     PostgreSQL, \(PostgresStore.display(address))")
        }
        lines.append("  to end:   Ctrl-C\(leavesJobs ? "; jobs go on, and the next start takes them" : "")")
        return lines.joined(separator: "\n") + "\n"
    }

    /// Clocks of machines that build and of machines that serve differ a little.
    private static let clockTolerance: TimeInterval = 86_400

    private var warnings: [String] {
        var warnings: [String] = []
        if configuration.access == .open {
            warnings.append(
                "--auth none: every program on this machine that can connect to \(url) can run commands as this user")
        }
        let now = Date()
        if let built = BuildInfo.current.time, now < built.addingTimeInterval(-Self.clockTolerance) {
            warnings.append(
                "the clock of this machine says \(RFC3339.string(from: now)), which is before this srun was made")
        }
        if let validity, validity.end < now { warnings.append("the TLS certificate has expired") }
        if let validity, now < validity.start { warnings.append("the TLS certificate is not valid yet") }
        if geteuid() == 0 { warnings.append("srun runs as root, and so does every job") }
        return warnings
    }

    /// The address as somebody on this machine can open it.
    private var reachableHost: String {
        switch address.host {
        case "0.0.0.0": "127.0.0.1:\(address.port)"
        case "::": "[::1]:\(address.port)"
        default: address.description
        }
    }
}
