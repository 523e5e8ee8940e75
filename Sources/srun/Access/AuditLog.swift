import Foundation
import Logging
import SrunKit
import Synchronization

/// Writes down who did what. That it cannot be written stops nobody, and is logged.
struct AuditLog: Sendable {
    let store: any AccessStore
    let logger: Logger
    var now: @Sendable () -> Date = { Date() }

    /// What is kept of a text that somebody sent.
    private static let detailBytes = 1024

    func record(
        _ action: String, by user: String?, from address: String?, job: String? = nil, detail: String? = nil,
        result: String = "ok"
    ) async {
        let event = AuditEvent(
            time: now(), user: user, address: address, action: action, job: job,
            detail: detail?.cut(toBytes: Self.detailBytes), result: result)
        do {
            try await store.append(event)
        } catch {
            logger.error("the audit cannot be written", metadata: ["action": "\(action)", "error": "\(error)"])
        }
    }
}

/// What a route adds to the entry that is written about its request.
final class AuditNote: Sendable {
    struct Content {
        /// Who it was, when only the route found out.
        var user: String?
        var job: String?
        var detail: String?
    }

    private let box = Mutex(Content())

    var content: Content { box.withLock { $0 } }

    func add(user: String? = nil, job: String? = nil, detail: String? = nil) {
        box.withLock { content in
            content.user = user ?? content.user
            content.job = job ?? content.job
            content.detail = detail ?? content.detail
        }
    }
}
