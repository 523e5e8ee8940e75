import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// What stands behind connections.
protocol Answering: Sendable {
    var logger: Logger { get }

    func admit(_ head: HTTPRequestHead, peer: SocketAddress?, local: SocketAddress?) async -> Responder.Verdict
    func answer(_ call: Gate.Call, body: ByteBuffer) async -> Responder.Answer
    func refusal(_ error: any Error) -> Response
    /// Whether somebody who was let in would still be.
    func isValid(_ admission: Access.Admission) async -> Bool
}

/// Turns requests into answers. Errors become answers here, so a connection only ever sees answers.
struct Responder: Answering {
    let gate: Gate
    let sockets: WebSocketSlots
    let ownership: JobOwnership
    let logger: Logger
    var demandsHTTPS = false

    enum Verdict: Sendable {
        /// To be answered once the body is there.
        case call(Gate.Call)
        case response(Response)
    }

    enum Answer: Sendable {
        case response(Response)
        /// The slot is taken; whoever serves the WebSocket gives it back.
        case upgrade(WebSocketHandshake, any WebSocketHandler, WebSocketWatch)
    }

    func admit(_ head: HTTPRequestHead, peer: SocketAddress?, local: SocketAddress?) async -> Verdict {
        do {
            switch try await gate.admit(head, peer: peer, local: local, logger: logger) {
            case .call(let call): return .call(call)
            case .answer(let response): return .response(finished(response))
            }
        } catch {
            return .response(refusal(error))
        }
    }

    func answer(_ call: Gate.Call, body: ByteBuffer) async -> Answer {
        do {
            if let handshake = call.handshake, let upgrade = call.route.upgrade {
                let handler = try await upgrade(call.context, handshake)
                let job = call.route.job(in: call.context.parameters)
                guard sockets.acquire(job) else {
                    throw RequestError(
                        .serviceUnavailable, "too_many_connections", "too many WebSockets are open; try again later")
                }
                let watch = WebSocketWatch(
                    access: gate.access, admission: call.context.admission, slots: sockets, job: job)
                return .upgrade(handshake, handler, watch)
            }
            guard let handler = call.route.handler else { throw RequestError.notFound }
            let request = Request(head: HTTPRequest(call), body: RequestBody(buffer: body))
            return .response(finished(try await audited(call) { try await handler(request, call.context) }))
        } catch {
            return .response(refusal(error))
        }
    }

    /// Whatever changes something is written down, how it ended included. There is no route that could forget to.
    private func audited(_ call: Gate.Call, _ body: () async throws -> Response) async throws -> Response {
        guard !call.route.method.isSafe else { return try await body() }
        do {
            try await ownership.check(call)
            let response = try await body()
            await record(call, "ok")
            return response
        } catch {
            let refusal = RequestError(error, logger: logger)
            // Whoever is made to wait has been written down often enough.
            if refusal.status != .tooManyRequests { await record(call, refusal.code) }
            throw refusal
        }
    }

    private func record(_ call: Gate.Call, _ result: String) async {
        let note = call.context.note.content
        await gate.audit.record(
            call.route.auditAction, by: note.user ?? call.context.admission?.identity.name, from: call.context.client,
            job: note.job ?? call.route.job(in: call.context.parameters), detail: note.detail, result: result)
    }

    func refusal(_ error: any Error) -> Response {
        finished(Response(RequestError(error, logger: logger)))
    }

    func isValid(_ admission: Access.Admission) async -> Bool { await gate.access.isValid(admission) }

    private func finished(_ response: Response) -> Response {
        var response = response
        SecurityHeaders.add(to: &response, demandsHTTPS: demandsHTTPS)
        return response
    }
}

extension HTTPRequest {
    fileprivate init(_ call: Gate.Call) {
        var fields = HTTPFields()
        for (name, value) in call.head.headers {
            if let name = HTTPField.Name(name) { fields.append(HTTPField(name: name, value: value)) }
        }
        self.init(
            method: HTTPRequest.Method(rawValue: call.head.method.rawValue) ?? call.route.method,
            scheme: call.context.base.scheme.rawValue, authority: call.context.base.authority.description,
            path: call.head.uri, headerFields: fields)
    }
}
