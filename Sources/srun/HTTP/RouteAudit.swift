import HTTPTypes
import SrunKit

extension Route {
    /// What the audit calls a request to this route, made from its path so that no route can be without: `POST /api/jobs` is
    /// `job.create`, `POST /api/jobs/:id/stop` is `job.stop`, `DELETE /api/users/:name` is `user.remove`.
    var auditAction: String {
        let pieces = path.split(separator: "/").filter { !$0.hasPrefix(":") }.dropFirst(path.hasPrefix("/api/") ? 1 : 0)
        guard let first = pieces.first else { return method.rawValue.lowercased() }
        let noun = first.hasSuffix("s") && first != "process" ? String(first.dropLast()) : String(first)
        let rest = pieces.dropFirst().map(String.init)
        let verb: [String] =
            switch method {
            case .post: rest.isEmpty ? ["create"] : []
            case .put: rest.isEmpty ? ["set"] : []
            case .patch: ["change"]
            case .delete: ["remove"]
            default: [method.rawValue.lowercased()]
            }
        return ([noun] + rest + verb).joined(separator: ".")
    }

    /// The job that the path names, if it is a path of jobs.
    func job(in parameters: [String: String?]) -> String? {
        guard path.hasPrefix("/api/jobs/:id"), let text = parameters["id"] ?? nil else { return nil }
        return JobID(text)?.text
    }
}
