import NIOCore
import NIOPosix

@testable import srun

/// A TCP connection on which a test writes what no well-behaved client would.
struct RawConnection {
    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var received = ByteBuffer()

    static func open<Result: Sendable>(
        _ port: Int, _ body: (inout RawConnection) async throws -> Result
    ) async throws -> Result {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try NIOAsyncChannel<ByteBuffer, ByteBuffer>.wrapping(untaken: channel)
                }
            }
        return try await channel.executeThenClose { inbound, outbound in
            var connection = RawConnection(outbound: outbound, iterator: inbound.makeAsyncIterator())
            return try await body(&connection)
        }
    }

    private init(
        outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>,
        iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    ) {
        self.outbound = outbound
        self.iterator = iterator
    }

    func send(_ text: String) async throws {
        try await outbound.write(ByteBuffer(string: text))
    }

    func send(bytes: [UInt8]) async throws {
        try await outbound.write(ByteBuffer(bytes: bytes))
    }

    /// The next answer; a body only when the answer is not one to HEAD.
    mutating func response(toHead: Bool = false) async throws -> RawResponse {
        var lines: [String] = []
        while let line = try await line(), !line.isEmpty { lines.append(line) }
        guard let first = lines.first else { throw RawConnectionEnded() }
        var response = RawResponse(status: Int(first.split(separator: " ").dropFirst().first ?? "") ?? 0)
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            response.fields[parts[0].lowercased(), default: []].append(parts[1].trimmingPrefix(" ").description)
        }
        let hasBody = !toHead && ![100, 101, 204, 304].contains(response.status)
        if hasBody, response["transfer-encoding"] == "chunked" {
            while let size = try await line().flatMap({ Int($0, radix: 16) }) {
                response.bytes += try await bytes(size)
                _ = try await line()
                if size == 0 { break }
            }
        } else if hasBody, let length = response["content-length"].flatMap({ Int($0) }) {
            response.bytes = try await bytes(length)
        }
        return response
    }

    /// Whether the server has ended the connection, without a further byte.
    mutating func isAtEnd() async throws -> Bool {
        try await !fill(1)
    }

    mutating func bytes(_ count: Int) async throws -> [UInt8] {
        guard try await fill(count), let bytes = received.readBytes(length: count) else { throw RawConnectionEnded() }
        return bytes
    }

    /// Everything until the end of the connection.
    mutating func rest() async throws -> [UInt8] {
        while try await fill(received.readableBytes + 1) {}
        return received.readBytes(length: received.readableBytes) ?? []
    }

    mutating func line() async throws -> String? {
        while true {
            if let end = received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let length = end - received.readerIndex
                let line = received.readString(length: length)
                received.moveReaderIndex(forwardBy: 1)
                return line.map { $0.hasSuffix("\r") ? String($0.dropLast()) : $0 }
            }
            guard try await fill(received.readableBytes + 1) else { return nil }
        }
    }

    private mutating func fill(_ count: Int) async throws -> Bool {
        while received.readableBytes < count {
            // A reset is an end too: the test asks whether the server has closed, not how.
            guard var more = try? await iterator.next() else { return false }
            received.writeBuffer(&more)
        }
        return true
    }
}

struct RawConnectionEnded: Error {}

struct RawResponse: Sendable {
    let status: Int
    var fields: [String: [String]] = [:]
    var bytes: [UInt8] = []

    init(status: Int) { self.status = status }

    subscript(name: String) -> String? { fields[name]?.first }

    var text: String { String(decoding: bytes, as: UTF8.self) }
    var json: JSONValueBox { JSONValueBox(bytes) }
    /// The code of an error.
    var code: String? { json["code"] }
}

/// The members of an answer, by the server's own strict reader.
@dynamicMemberLookup
struct JSONValueBox {
    let value: JSONValue?

    init(_ bytes: [UInt8]) { value = try? StrictJSON.parse(bytes) }

    subscript(name: String) -> String? { value?[name]?.text }
    subscript(dynamicMember name: String) -> JSONValue? { value?[name] }
}

extension TestServer {
    /// One request on a connection of its own.
    func request(
        _ method: String = "GET", _ path: String, fields: String? = nil, body: String? = nil,
        type: String = "application/json"
    ) async throws -> RawResponse {
        try await RawConnection.open(port) { connection in
            var text = "\(method) \(path) HTTP/1.1\r\n\(fields ?? authorized)"
            if let body { text += "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n" }
            try await connection.send(text + "\r\n" + (body ?? ""))
            return try await connection.response(toHead: method == "HEAD")
        }
    }

    /// A job made over HTTP, by its identifier.
    func start(_ body: String = #"{"command":"x"}"#) async throws -> String {
        let response = try await request("POST", "/api/jobs", body: body)
        guard response.status == 201, let id = response.json["id"] else { throw RawConnectionEnded() }
        return id
    }
}
