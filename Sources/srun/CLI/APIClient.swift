import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Speaks `docs/http-api.md`, for all verbs.
struct APIClient: Sendable {
    let connection: ServerConnection
    private let http: HTTPClient

    /// An answer, with its body still to come.
    typealias Response = HTTPClientResponse

    /// Long enough for a server that waits for a job to end; a person can always press Ctrl-C.
    static let patience = TimeAmount.hours(2)
    private static let answerLimit = 64 * 1024 * 1024

    init(_ connection: ServerConnection) {
        self.connection = connection
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        // A server that is not there is told at once; whoever has a reason to try again does so.
        configuration.connectionPool.retryConnectionEstablishment = false
        // One connection after the other is all that a command needs, and some servers of old speak HTTP/1 only.
        configuration.httpVersion = .http1Only
        configuration.tlsConfiguration = connection.tlsConfiguration
        http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    func shutdown() async throws { try await http.shutdown() }

    /// Sends a request and returns its answer when the server accepted it.
    ///
    /// - Parameter target: A path as the API document has it, and a query.
    /// - Throws: ``Failure`` for an answer that says no, with the server's own sentence; ``ConnectionLost`` when there
    ///   was none.
    func send(
        _ method: HTTPMethod, _ target: String, body: Data? = nil, timeout: TimeAmount = .seconds(30)
    ) async throws -> Response {
        var request = HTTPClientRequest(url: connection.url + target)
        request.method = method
        request.headers.add(name: "User-Agent", value: "srun/\(BuildInfo.current.version)")
        if connection.socketPath != nil { request.headers.add(name: "Host", value: "localhost") }
        switch connection.proof {
        case .bearer(let token): request.headers.add(name: "Authorization", value: "Bearer \(token)")
        case .session(let cookie):
            request.headers.add(name: "Cookie", value: cookie)
            request.headers.add(name: "X-Srun-CSRF", value: "1")
        case .nothing:
            // A server that lets everybody in still wants to see that no foreign page has made a browser send this.
            request.headers.add(name: "X-Srun-CSRF", value: "1")
        }
        if let body {
            request.headers.add(name: "Content-Type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let response: Response
        do {
            response = try await http.execute(request, timeout: timeout)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ConnectionLost(url: connection.url, reason: error)
        }
        guard (200..<300).contains(response.status.code) else { throw await failure(response) }
        return response
    }

    /// The same, for a body that is a JSON value.
    func value<Value: Decodable>(
        _ type: Value.Type, _ method: HTTPMethod, _ target: String, body: Data? = nil,
        timeout: TimeAmount = .seconds(30)
    ) async throws -> Value {
        let response = try await send(method, target, body: body, timeout: timeout)
        return try decode(type, try await data(of: response))
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ data: Data) throws -> Value {
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw Failure(
                .protocolError, "the answer of \(connection.url) is not what this version of srun expects: \(error)")
        }
    }

    /// Delivers the body of an answer as it comes.
    ///
    /// - Throws: ``ConnectionLost`` when it breaks off; whatever `deliver` throws.
    func read(_ response: Response, _ deliver: (ByteBuffer) throws -> Void) async throws {
        var chunks = response.body.makeAsyncIterator()
        while true {
            let chunk: ByteBuffer?
            do {
                chunk = try await chunks.next()
            } catch let error as CancellationError {
                throw error
            } catch {
                throw ConnectionLost(url: connection.url, reason: error)
            }
            guard let chunk else { return }
            try deliver(chunk)
        }
    }

    func data(of response: Response) async throws -> Data {
        do {
            return Data(try await response.body.collect(upTo: Self.answerLimit).readableBytesView)
        } catch let error as CancellationError {
            throw error
        } catch {
            throw ConnectionLost(url: connection.url, reason: error)
        }
    }

    /// The path of a job, with an identifier that came from a person.
    static func path(_ id: String, _ rest: String = "") -> String {
        let allowed = CharacterSet(charactersIn: "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")
        return "/api/jobs/\(id.addingPercentEncoding(withAllowedCharacters: allowed) ?? "-")\(rest)"
    }

    /// What the server says when it says no.
    private struct Refusal: Decodable {
        let error: String
        let code: String?
    }

    private func failure(_ response: Response) async -> Failure {
        let body = (try? await response.body.collect(upTo: 64 * 1024)).map { Data($0.readableBytesView) } ?? Data()
        let refusal = try? JSONDecoder().decode(Refusal.self, from: body)
        let status = Int(response.status.code)
        let code = ExitCodes(httpStatus: status, apiCode: refusal?.code)
        if status == 401 {
            let hint =
                connection.token == nil
                ? "it needs a token (SRUN_TOKEN or --token-file), or srun login" : "it does not accept this token"
            return Failure(code, "\(connection.url) refuses: \(hint)")
        }
        return Failure(code, refusal?.error ?? "\(connection.url) answers \(response.status)")
    }
}

/// No answer, or one that broke off.
struct ConnectionLost: Error {
    let url: String
    let reason: any Error

    var failure: Failure {
        let why =
            switch reason {
            case let error as HTTPClientError where error == .connectTimeout || error == .deadlineExceeded:
                "it does not answer in time"
            case is NIOConnectionError: "nothing listens there"
            case let error as IOError: SystemError.describe(error.errnoCode)
            default: Self.secrecy("\(reason)") ?? "\(reason)"
            }
        return Failure(.unavailable, "cannot reach \(url): \(why)")
    }

    /// What usually goes wrong with TLS. The library has no more to tell it by than the words of its error.
    private static func secrecy(_ error: String) -> String? {
        if error.contains("CERTIFICATE_VERIFY_FAILED") || error.contains("unableToValidateCertificate") {
            return "its certificate is not trusted here; --ca-file names what is to be trusted"
        }
        return error.contains("WRONG_VERSION_NUMBER") ? "it does not speak TLS; is it http:// ?" : nil
    }
}
