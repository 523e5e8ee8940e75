import HTTPTypes
import SrunKit

/// Keeps operators to their own jobs, where that is wanted: whoever changes a job of somebody else is refused, whichever route
/// it is.
struct JobOwnership: Sendable {
    let engine: Engine

    /// - Throws: ``RequestError`` `not_your_job`.
    func check(_ call: Gate.Call) async throws {
        guard let identity = call.context.admission?.identity, identity.isLimitedToOwnJobs, identity.role != .admin,
            let id = call.route.job(in: call.context.parameters).flatMap(JobID.init)
        else { return }
        let job = try await engine.job(id)
        guard identity.mayAct(onJobOf: job.createdBy) else {
            throw RequestError(.forbidden, "not_your_job", "somebody else has started this job")
        }
    }
}
