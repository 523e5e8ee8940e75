import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1

/// What answers for an issuer: the network, or a test.
protocol IssuerAnswering: Sendable {
    /// - Returns: The JSON of an answer with the status 200.
    /// - Throws: ``OpenIDFailure/invalidSignIn`` for a code that the issuer does not take (RFC 6749 §5.2).
    func ask(_ question: OpenIDClient.Question) async throws(OpenIDFailure) -> JSONValue
}

/// Asks an issuer something, within bounds: an answer has a size and a time, and leads nowhere else.
struct OpenIDClient: IssuerAnswering {
    struct Question: Sendable {
        let url: String
        /// The fields of a form to send; nil only reads.
        var form: [(String, String)]?
        var authorization: String?
    }

    static let answerBytes = 256 * 1024
    static let limit = Duration.seconds(10)

    let logger: Logger

    func ask(_ question: Question) async throws(OpenIDFailure) -> JSONValue {
        do {
            return try await withThrowingTaskGroup(of: JSONValue.self) { group in
                group.addTask { try await Self.answer(to: question) }
                group.addTask {
                    try await Task.sleep(for: Self.limit)
                    throw Problem("it takes longer than \(Self.limit)")
                }
                defer { group.cancelAll() }
                guard let answer = try await group.next() else { throw CancellationError() }
                return answer
            }
        } catch let failure as OpenIDFailure {
            throw failure
        } catch {
            // Without the query: nothing that is secret stands in what is logged.
            let address = String(question.url.prefix { $0 != "?" })
            logger.error("the issuer cannot be asked", metadata: ["url": "\(address)", "error": "\(error)"])
            throw .issuerUnavailable
        }
    }

    private struct Problem: Error, CustomStringConvertible {
        let description: String

        init(_ description: String) { self.description = description }
    }

    /// A client of its own for each question: they are few, and nothing has to be closed at the end.
    private static func answer(to question: Question) async throws -> JSONValue {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = .seconds(5)
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        var request = HTTPClientRequest(url: question.url)
        request.headers.add(name: "Accept", value: "application/json")
        request.headers.add(name: "User-Agent", value: "srun/\(BuildInfo.current.version)")
        if let authorization = question.authorization {
            request.headers.add(name: "Authorization", value: authorization)
        }
        if let form = question.form {
            request.method = .POST
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            request.body = .bytes(ByteBuffer(string: FormCoding.encoded(form)))
        }
        let asked = request
        return try await HTTPClient.withHTTPClient(configuration: configuration) { client in
            let response = try await client.execute(asked, timeout: .seconds(10))
            let body = try await response.body.collect(upTo: answerBytes)
            guard response.status == .ok else {
                let code = try? StrictJSON.parse(body.readableBytesView)["error"]?.text
                if response.status == .badRequest, code == "invalid_grant" { throw OpenIDFailure.invalidSignIn }
                throw Problem("it answers with \(response.status.code)")
            }
            return try StrictJSON.parse(body.readableBytesView)
        }
    }
}

/// `application/x-www-form-urlencoded`, of which percent-encoding everything is a part.
enum FormCoding {
    static func encoded(_ items: [(String, String)]) -> String {
        items.map { "\(PercentCoding.encoded($0.0))=\(PercentCoding.encoded($0.1))" }.joined(separator: "&")
    }
}
