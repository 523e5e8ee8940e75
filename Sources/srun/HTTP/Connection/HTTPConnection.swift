import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// One connection, from its first request to its end: requests are answered one after the other, in the order they
/// came.
struct HTTPConnection {
    /// How long the head of a request may take: that of the first from the moment the connection is there, that of each further one
    /// from its first byte.
    static let headLimit = TimeAmount.seconds(10)
    /// How long a connection may be silent between two requests, and how long a body may take.
    static let idleLimit = TimeAmount.seconds(60)
    static let bodyLimit = TimeAmount.seconds(30)
    /// How long the other end has to take an answer after which we close.
    static let lingerLimit = TimeAmount.seconds(2)

    let channel: any Channel
    var iterator: NIOAsyncChannelInboundStream<ConnectionInput>.AsyncIterator
    let outbound: NIOAsyncChannelOutboundWriter<ConnectionOutput>
    let responder: any Answering
    let limits: WebSocketLimits
    let deadline: NIOLoopBound<HeadDeadline>

    mutating func serve() async throws {
        do {
            var limit = Self.headLimit
            while let head = try await nextHead(within: limit) {
                guard try await answer(head) else { break }
                limit = Self.idleLimit
            }
        } catch let error as HTTPParserError {
            // Where the next request begins cannot be known any more (RFC 9112 §2.2).
            try await refuse(error.refusal)
        } catch is RequestTimeout {
            try await refuse(.malformed("the request took too long", status: .requestTimeout, code: "request_timeout"))
        }
        await linger()
    }

    /// For a connection too many: it is told so and closed, without a look at what it wants.
    func turnAway() async throws {
        try await refuse(
            RequestError(.serviceUnavailable, "too_many_connections", "too many connections are open; try again later"))
        outbound.finish()
        channel.close(promise: nil)
    }

    private mutating func nextHead(within limit: TimeAmount) async throws -> HTTPRequestHead? {
        let (loop, deadline) = (channel.eventLoop, deadline)
        loop.execute { deadline.value.begin(within: limit) }
        defer { loop.execute { deadline.value.end() } }
        while let input = try await iterator.next() {
            if case .request(.head(let head)) = input { return head }
        }
        return nil
    }

    private func timeout(in limit: TimeAmount) -> Scheduled<Void> {
        let pipeline = channel.pipeline
        return channel.eventLoop.scheduleTask(in: limit) { pipeline.fireErrorCaught(RequestTimeout()) }
    }

    /// - Returns: Whether another request may follow on this connection.
    private mutating func answer(_ head: HTTPRequestHead) async throws -> Bool {
        let began = ContinuousClock.now
        var body = BodyReader(head)
        if !body.isDeclared, !(try await finishRequest()) { return false }
        var answer: Responder.Answer
        var admission: Access.Admission?
        switch await responder.admit(head, peer: channel.remoteAddress, local: channel.localAddress) {
        case .response(let response):
            answer = .response(response)
        case .call(let call):
            admission = call.context.admission
            do {
                var bytes = ByteBuffer()
                if call.route.body == .json, body.isDeclared {
                    bytes = try await read(&body, expectsContinue: head.expectsContinue)
                }
                answer = await responder.answer(call, body: bytes)
            } catch let error as RequestError {
                answer = .response(responder.refusal(error))
            }
        }
        switch answer {
        case .response(let response):
            let mayContinue = head.isKeepAlive && !head.endsParsing && !(body.isDeclared && !body.isComplete)
            let continues = try await write(response, for: head, admission, mayContinue: mayContinue)
            log(head, response.status.code, since: began)
            return continues
        case .upgrade(let handshake, let handler, let watch):
            defer { watch.leave() }
            try await outbound.write(.upgrade(handshake.responseHead))
            log(head, 101, since: began)
            let socket = WebSocketConnection(
                channel: channel, outbound: outbound, limits: limits, watch: watch, logger: responder.logger)
            await socket.serve(handler, &iterator)
            return false
        }
    }

    /// Takes the end of a request that has no body. False when the connection ended before it.
    private mutating func finishRequest() async throws -> Bool {
        while let input = try await iterator.next() {
            if case .request(.end) = input { return true }
        }
        return false
    }

    private mutating func read(_ body: inout BodyReader, expectsContinue: Bool) async throws -> ByteBuffer {
        if expectsContinue {
            // RFC 9110 §10.1.1: whoever asks waits for this before sending the body.
            try await outbound.write(.response(.head(HTTPResponseHead(version: .http1_1, status: .continue))))
        }
        let timer = timeout(in: Self.bodyLimit)
        defer { timer.cancel() }
        while !body.isComplete, let input = try await iterator.next() {
            try body.take(input)
        }
        guard body.isComplete else { throw ChannelError.inputClosed }
        return body.bytes
    }

    /// - Returns: Whether the connection goes on.
    private mutating func write(
        _ response: Response, for head: HTTPRequestHead, _ admission: Access.Admission?, mayContinue: Bool
    ) async throws -> Bool {
        let isEndless = response.body.contentLength == nil
        let continues = mayContinue && !isEndless && response.headers[.connection] != "close"
        var responseHead = HTTPResponseHead(
            version: head.isHTTP10 ? .http1_0 : .http1_1, status: HTTPResponseStatus(statusCode: response.status.code))
        for field in response.headers { responseHead.headers.add(name: field.name.rawName, value: field.value) }
        responseHead.headers.replaceOrAdd(name: "date", value: RFC3339.httpDate(from: .now))
        if !continues { responseHead.headers.replaceOrAdd(name: "connection", value: "close") }
        // RFC 9110 §8.6: no length where there can be no body.
        if response.status.code == 204 { responseHead.headers.remove(name: "content-length") }
        if head.method == .HEAD {
            try await outbound.write(contentsOf: [.response(.head(responseHead)), .response(.end(nil))])
        } else if isEndless {
            try await stream(response.body, after: responseHead, admission)
        } else {
            try await response.body.write(
                ResponseBodySink(head: responseHead, outbound: outbound, length: response.body.contentLength))
        }
        return continues
    }

    /// Writes a body of unknown length until it ends, the caller leaves or the server goes down.
    ///
    /// Such a body may wait for a job for hours, so somebody has to notice that nobody listens any more: whatever comes
    /// in from now on means that the caller is gone or breaks the rules, as the answer says that the connection ends
    /// with it.
    ///
    /// Whoever was let in and no longer would be is cut off, as on a WebSocket.
    private mutating func stream(
        _ body: ResponseBody, after head: HTTPResponseHead, _ admission: Access.Admission?
    ) async throws {
        let channel = channel
        let outbound = outbound
        let (responder, pause) = (responder, limits.timing.recheck)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await body.write(ResponseBodySink(head: head, outbound: outbound, length: nil))
                } catch {
                    // A chunked body without its last chunk tells the caller that this is not all (RFC 9112 §8).
                    channel.close(promise: nil)
                    throw error
                }
                outbound.finish()
                // Until the other end closes, the reader below waits; it must not wait for ever.
                channel.eventLoop.scheduleTask(in: Self.lingerLimit) { channel.close(promise: nil) }
            }
            if let admission {
                group.addTask {
                    while (try? await Task.sleep(for: pause)) != nil {
                        guard await !responder.isValid(admission) else { continue }
                        return channel.close(promise: nil)
                    }
                }
            }
            while try await iterator.next() != nil {}
            group.cancelAll()
            try await group.waitForAll()
        }
    }

    private func refuse(_ error: RequestError) async throws {
        let response = responder.refusal(error)
        var head = HTTPResponseHead(version: .http1_1, status: HTTPResponseStatus(statusCode: response.status.code))
        for field in response.headers { head.headers.add(name: field.name.rawName, value: field.value) }
        try await response.body.write(
            ResponseBodySink(head: head, outbound: outbound, length: response.body.contentLength))
        responder.logger.debug("request refused", metadata: ["http.status": "\(response.status.code)"])
    }

    /// Ends our half and reads on for a moment: closing at once, with bytes unread, would make the system throw away
    /// the answer before the other end has it (RFC 9112 §9.6).
    private mutating func linger() async {
        outbound.finish()
        let channel = channel
        let timer = channel.eventLoop.scheduleTask(in: Self.lingerLimit) { channel.close(promise: nil) }
        defer { timer.cancel() }
        while (try? await iterator.next()) != nil {}
        try? await channel.closeFuture.get()
    }

    private func log(_ head: HTTPRequestHead, _ status: Int, since began: ContinuousClock.Instant) {
        responder.logger.debug(
            "request",
            metadata: [
                "http.method": "\(head.method.rawValue)", "http.path": "\(head.uri.prefix { $0 != "?" }.prefix(256))",
                "http.status": "\(status)", "http.duration": "\(began.duration(to: .now))",
            ])
    }
}
