import HTTPTypes
import Logging
import NIOCore
import SrunKit

/// What a route knows about its request beside the request itself.
struct RequestContext: Sendable {
    let target: RequestTarget
    let base: BaseAddress
    /// Nil on a public route whose caller has not signed in.
    let admission: Access.Admission?
    /// What stands in the place of `:name` in the route's path; nil when it could not be decoded.
    let parameters: [String: String?]
    /// The address of whoever asks, through proxies that are trusted; nil on a Unix socket.
    let client: String?
    /// For the audit.
    let note: AuditNote
    let logger: Logger

    var query: Query { target.query }

    /// Who asks, for what is written down about jobs.
    var actor: String? { admission?.identity.name }

    /// The job that the path names.
    ///
    /// - Throws: ``RequestError/jobNotFound`` also when no job could have such an identifier: to a caller that is the
    ///   same.
    func jobID() throws(RequestError) -> JobID {
        guard let text = parameters["id"] ?? nil, let id = JobID(text) else { throw .jobNotFound }
        return id
    }
}

/// The address under which the caller reaches this server.
struct BaseAddress: Hashable, Sendable {
    let scheme: Scheme
    let authority: Authority
    /// The path that a proxy has put before ours, without a slash at its end; usually empty.
    let prefix: String

    /// How a browser writes the origin of a page that came from here (RFC 6454 §6.2).
    var origin: String { "\(scheme.rawValue)://\(authority.withoutDefaultPort(of: scheme))" }

    var url: String { origin + prefix }
}
