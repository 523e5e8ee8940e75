import HTTPTypes
import HummingbirdCore
import NIOCore
import SrunKit

/// Jobs over HTTP: decode, ask the engine, encode.
struct JobRoutes: Sendable {
    let engine: Engine

    var all: [Route] {
        [
            .get("/api/jobs", .view, list),
            .post("/api/jobs", .operate, body: .json, startsJob: true, start),
            .get("/api/jobs/:id", .view, show),
            .delete("/api/jobs/:id", .administer, remove),
            .post("/api/jobs/:id/stop", .operate, body: .ignored, stop),
            .post("/api/jobs/:id/restart", .operate, body: .ignored, startsJob: true, restart),
            .post("/api/jobs/:id/signal", .operate, body: .json, signal),
            .post("/api/jobs/:id/pause", .operate, body: .ignored, pause),
            .post("/api/jobs/:id/resume", .operate, body: .ignored, resume),
        ]
    }

    @Sendable private func list(_ request: Request, _ context: RequestContext) async throws -> Response {
        let query = try ListRequest.jobQuery(from: context.query)
        let page = try await engine.jobs(query)
        var response = Response.json(page.jobs.map(JobMessage.init))
        if let next = page.next, let name = HTTPField.Name("Link") {
            response.headers[name] = ListRequest.link(to: next, query, prefix: context.base.prefix)
        }
        return response
    }

    @Sendable private func start(_ request: Request, _ context: RequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: RequestLimits.bodyBytes)
        let spec = try JobBody.spec(from: StrictJSON.parse(body.readableBytesView))
        context.note.add(detail: spec.commandText)
        let key = try IdempotencyKey(request, actor: context.actor)
        if let key, let earlier = try await earlier(key, spec) { return earlier }
        let result: Result<Job, EngineError>
        do {
            result = .success(try await engine.submit(spec, by: context.actor, id: key?.job))
        } catch {
            result = .failure(error)
        }
        if let key, case .failure(let error) = result, error.code == .storage(.alreadyExists) {
            // Somebody was faster with the same key.
            if let earlier = try await earlier(key, spec) { return earlier }
        }
        let job = try result.get()
        context.note.add(job: job.id.text)
        var response = Response.json(JobMessage(job), status: .created)
        response.headers[.location] = "\(context.base.prefix)/api/jobs/\(job.id)"
        return response
    }

    /// The answer to a request that was made before; nil when there was none.
    private func earlier(_ key: IdempotencyKey, _ spec: JobSpec) async throws -> Response? {
        do {
            let job = try await engine.job(key.job)
            guard job.spec == spec else {
                throw RequestError(
                    .conflict, "idempotency_mismatch", "this Idempotency-Key belongs to another request")
            }
            return .json(JobMessage(job))
        } catch let error as EngineError where error.code == .jobNotFound {
            return nil
        }
    }

    @Sendable private func show(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(JobMessage(try await engine.job(context.jobID())))
    }

    @Sendable private func stop(_ request: Request, _ context: RequestContext) async throws -> Response {
        switch try await engine.stop(context.jobID(), by: context.actor) {
        case .ended: .json(PlainMessage(message: "The job has been stopped."))
        case .stopping:
            .json(PlainMessage(message: "The job is still being stopped.", status: "stopping"), status: .accepted)
        }
    }

    @Sendable private func restart(_ request: Request, _ context: RequestContext) async throws -> Response {
        let job = try await engine.restart(context.jobID(), by: context.actor)
        context.note.add(detail: "as \(job.id)")
        return .json(JobMessage(job))
    }

    @Sendable private func signal(_ request: Request, _ context: RequestContext) async throws -> Response {
        let body = try await request.body.collect(upTo: RequestLimits.bodyBytes)
        let json = try StrictJSON.parse(body.readableBytesView)
        guard case .object(let members) = json, members.count == 1, let value = json["signal"],
            let signal = SignalName(value)
        else {
            throw RequestError.invalidField("signal", "signal must be a name such as HUP, or a number from 1 to 64")
        }
        context.note.add(detail: "signal \(signal.number)")
        try await engine.signal(context.jobID(), signal.number)
        return .json(PlainMessage(message: "The signal has been sent to every process of the job."))
    }

    @Sendable private func pause(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(JobMessage(try await engine.pause(context.jobID())))
    }

    @Sendable private func resume(_ request: Request, _ context: RequestContext) async throws -> Response {
        .json(JobMessage(try await engine.resume(context.jobID())))
    }

    @Sendable private func remove(_ request: Request, _ context: RequestContext) async throws -> Response {
        let id = try context.jobID()
        try await engine.remove(id, stoppingFirst: context.query.flag("force"), by: context.actor)
        return .json(PlainMessage(message: "The job and its output have been removed."))
    }
}
