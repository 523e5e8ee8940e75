import CLibPQ
import Foundation

/// Which server and database: a URL or a list of `key=value` as libpq takes it, or nothing, and then libpq's own environment,
/// service file and `.pgpass` say it.
struct PQTarget: Sendable {
    let text: String

    /// Last ones count; the text comes first so that it cannot change how srun talks to the server.
    var settings: [(String, String)] {
        [
            // Before the text, which may say otherwise: a network that swallows everything is noticed in seconds.
            ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
            ("tcp_user_timeout", "10000"),
            ("dbname", text), ("fallback_application_name", "srun"), ("client_encoding", "UTF8"),
        ]
    }

    /// The text without a password, for people.
    var display: String {
        guard let scheme = text.range(of: "://") else {
            return text.isEmpty ? "as the environment says" : "as configured"
        }
        let rest = text[scheme.upperBound...]
        let plain = rest.prefix { $0 != "?" }
        guard let at = plain.lastIndex(of: "@") else { return "\(text[..<scheme.upperBound])\(plain)" }
        let user = plain[..<at].prefix { $0 != ":" }
        return "\(text[..<scheme.upperBound])\(user)\(plain[at...])"
    }

    /// What travels to another machine is encrypted, unless somebody has said in so many words that it need not be.
    func checkEncryption(_ connection: OpaquePointer) throws(PQFailure) {
        guard PQsslInUse(connection) == 0 else { return }
        let host = PQhost(connection).map { String(cString: $0) } ?? ""
        let address = PQhostaddr(connection).map { String(cString: $0) } ?? ""
        guard Self.needsEncryption(host: host, address: address, mode: mode(of: connection)) else { return }
        throw PQFailure(kind: .server, state: Self.unencrypted, message: "no TLS to a remote host")
    }

    /// - Parameters:
    ///   - host: As configured: a name, or the folder of a Unix socket.
    ///   - address: What it was found to be, or was given as.
    static func needsEncryption(host: String, address: String, mode: String) -> Bool {
        if mode == "disable" || host.hasPrefix("/") || host.hasPrefix("@") || host.isEmpty && address.isEmpty {
            return false
        }
        return !(address.hasPrefix("127.") || address == "::1" || address.isEmpty && host == "localhost")
    }

    /// A state of srun's own, of a class that PostgreSQL leaves to others.
    static let unencrypted = "SR001"

    private func mode(of connection: OpaquePointer) -> String {
        guard let options = PQconninfo(connection) else { return "" }
        defer { PQconninfoFree(options) }
        var option = options
        while let keyword = option.pointee.keyword {
            if String(cString: keyword) == "sslmode" { return option.pointee.val.map { String(cString: $0) } ?? "" }
            option += 1
        }
        return ""
    }
}
