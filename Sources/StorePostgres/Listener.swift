import Foundation
public import SrunKit
import Synchronization

/// Hints of other nodes by LISTEN and NOTIFY, on a connection of their own. Behind PgBouncer in transaction mode none arrive: that is
/// noticed, because the listener does not hear what another connection says, and the team then looks more often.
final class Listener: Sendable {
    private let target: PQTarget
    private let channel: String
    private let pool: ConnectionPool

    init(_ target: PQTarget, schema: PostgresSchema, pool: ConnectionPool) {
        self.target = target
        self.pool = pool
        // A channel belongs to the whole database; the name is cut by PostgreSQL at 63 bytes.
        channel = "srun_" + schema.name.prefix(50)
    }

    private var quotedChannel: String {
        "\"" + channel.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }

    /// Listens until the task is cancelled.
    func run(_ heard: @Sendable (WakeUp) -> Void) async {
        let connection = PQConnection(listens: true)
        var failures = 0
        while !Task.isCancelled {
            do {
                try await connection.open(target)
                _ = try await connection.perform([PQStatement("LISTEN \(quotedChannel)")])
                guard try await hears(connection) else {
                    _ = try? await connection.perform([PQStatement("UNLISTEN *")])
                    // A pooler: the next transaction may be on another session. Asked again from time to time.
                    await connection.close()
                    heard(.listening(false))
                    try? await Task.sleep(for: .seconds(60))
                    continue
                }
                failures = 0
                heard(.listening(true))
                while !Task.isCancelled {
                    for note in try await connection.notifications(within: .milliseconds(500)) {
                        for wakeUp in Self.decoded(note.payload) { heard(wakeUp) }
                    }
                }
            } catch {
                failures += 1
                heard(.listening(false))
                let milliseconds = min(2000, 50 << min(failures, 6))
                try? await Task.sleep(for: .milliseconds(Int.random(in: milliseconds / 2...milliseconds)))
            }
        }
        await connection.close()
    }

    /// Said on another connection: what a session says to itself comes with its answer, also through a pooler.
    private func hears(_ connection: PQConnection) async throws(PQFailure) -> Bool {
        let word = "hello \(UUID().uuidString)"
        _ = try await pool.perform([PQStatement("SELECT pg_notify($1, $2)", [.text(channel), .text(word)])])
        for _ in 0..<4 {
            let notes = try await connection.notifications(within: .milliseconds(250))
            if notes.contains(where: { $0.payload == word }) { return true }
        }
        return false
    }

    // MARK: What is said

    /// PostgreSQL takes less than 8000 bytes in one notification.
    private static let payloadBytes = 7000

    func statements(for wakeUps: [WakeUp]) -> [PQStatement] {
        var payloads: [String] = []
        var present = ""
        for word in wakeUps.compactMap(Self.encoded) {
            if present.utf8.count + word.utf8.count + 1 > Self.payloadBytes {
                payloads.append(present)
                present = ""
            }
            present += present.isEmpty ? word : " \(word)"
        }
        if !present.isEmpty { payloads.append(present) }
        guard !payloads.isEmpty else { return [] }
        return [
            PQStatement("SELECT pg_notify($1, word) FROM unnest($2) AS word", [.text(channel), .texts(payloads)])
        ]
    }

    private static func encoded(_ wakeUp: WakeUp) -> String? {
        switch wakeUp {
        case .queue: "queue"
        case .changes: "changes"
        case .requests: "requests"
        case .output(let job): "+\(job)"
        case .listening: nil
        }
    }

    /// What is not understood, perhaps because a newer version said it, is passed over.
    private static func decoded(_ payload: String) -> [WakeUp] {
        payload.split(separator: " ").compactMap { word in
            switch word {
            case "queue": .queue
            case "changes": .changes
            case "requests": .requests
            default: word.first == "+" ? JobID(word.dropFirst()).map { .output($0) } : nil
            }
        }
    }
}

extension PostgresStore {
    public func announce(_ wakeUps: [WakeUp]) async throws(StoreError) {
        let statements = listener.statements(for: wakeUps)
        guard !statements.isEmpty else { return }
        do {
            _ = try await pool.perform(statements)
        } catch {
            throw StoreError(error)
        }
    }

    public func wakeUps() -> AsyncStream<WakeUp> {
        AsyncStream(bufferingPolicy: .bufferingNewest(4096)) { continuation in
            let listener = listener
            let task = Task {
                await listener.run { continuation.yield($0) }
                continuation.finish()
            }
            continuation.onTermination = { _ in task.cancel() }
        }
    }
}
