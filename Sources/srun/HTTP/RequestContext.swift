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
