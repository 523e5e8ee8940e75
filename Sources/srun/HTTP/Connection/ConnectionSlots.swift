import NIOCore
import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// How many connections there may be.
struct ConnectionLimits: Sendable {
    /// Of all clients together.
    var total = 1000
    /// Of one address. Those of this machine and of trusted proxies stand for many people and are not counted so.
    var perAddress = 64

    /// Descriptors that are not for connections: the database, the terminals of jobs, the accepting sockets.
    private static let heldBack = 128

    /// Fewer where the process may not open so many files: a server that cannot open its own database is of no use to anybody.
    static var standard: ConnectionLimits {
        var limits = ConnectionLimits()
        var files = rlimit()
        if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 {
            limits.total = max(8, min(limits.total, Int(clamping: files.rlim_cur) - heldBack))
        }
        return limits
    }
}

/// Counts the open connections.
final class ConnectionSlots: Sendable {
    private struct State {
        var total = 0
        var byAddress: [String: Int] = [:]
    }

    private let limits: ConnectionLimits
    private let proxies: TrustedProxies
    private let state = Mutex(State())

    init(_ limits: ConnectionLimits, proxies: TrustedProxies) {
        self.limits = limits
        self.proxies = proxies
    }

    /// Takes a slot; false when there is none. Whoever took it gives it back with ``release(_:)``.
    func acquire(_ peer: SocketAddress?) -> Bool {
        let key = key(peer)
        return state.withLock { state in
            guard state.total < limits.total else { return false }
            if let key {
                guard state.byAddress[key, default: 0] < limits.perAddress else { return false }
                state.byAddress[key, default: 0] += 1
            }
            state.total += 1
            return true
        }
    }

    func release(_ peer: SocketAddress?) {
        let key = key(peer)
        state.withLock { state in
            state.total -= 1
            guard let key, let count = state.byAddress[key] else { return }
            // Nothing is kept of an address that has no connection: the table is as small as what it counts.
            state.byAddress[key] = count > 1 ? count - 1 : nil
        }
    }

    /// What connections are counted by; nil when only their sum counts. A network of IPv6 is one client: it is what one gets.
    private func key(_ peer: SocketAddress?) -> String? {
        guard let peer, let text = peer.ipAddress, let bytes = IPAddress.bytes(text), !proxies.contains(peer) else {
            return nil
        }
        if bytes.count == 4 { return bytes[0] == 127 ? nil : text }
        if bytes.dropLast().allSatisfy({ $0 == 0 }), bytes.last == 1 { return nil }
        return bytes.prefix(8).map { String($0, radix: 16) }.joined(separator: ":")
    }
}
