import HTTPTypes
import SrunKit

/// Why a request was refused. It becomes the answer in ``ErrorMessage``, and nowhere else.
///
/// The sentence never holds more of the input than the name of a field, cut to ``maximumEcho`` bytes.
struct RequestError: Error, Sendable {
    var status: HTTPResponse.Status
    /// Stable: programs branch on it.
    var code: String
    var sentence: String
    /// The field of the body that is wrong.
    var field: String?
    /// Where the body stops being JSON.
    var offset: Int?
    /// The status of the job, where it is the reason.
    var jobStatus: JobStatus?
    var headers: HTTPFields = [:]
    /// Whether nothing more may be read from this connection: what follows may not be where a request begins.
    var closesConnection = false

    static let maximumEcho = 64

    init(_ status: HTTPResponse.Status, _ code: String, _ sentence: String) {
        self.status = status
        self.code = code
        self.sentence = sentence
    }

    static let unauthorized: RequestError = {
        var error = RequestError(.unauthorized, "unauthorized", "sign in, or send the server's token as bearer token")
        error.headers[.wwwAuthenticate] = "Bearer"
        return error
    }()

    static let forbidden = RequestError(.forbidden, "forbidden", "you have no right to do this")
    static let notFound = RequestError(.notFound, "not_found", "there is nothing at this address")
    static let jobNotFound = RequestError(.notFound, "job_not_found", "there is no such job")

    static let storageUnavailable = RequestError(
        .serviceUnavailable, "storage_unavailable", "the store does not answer now; try again")

    static func invalidQuery(_ sentence: String) -> RequestError {
        RequestError(.badRequest, "invalid_query", sentence)
    }

    static func invalidField(_ name: String, _ sentence: String) -> RequestError {
        var error = RequestError(.badRequest, "invalid_field", sentence)
        error.field = name
        return error
    }

    /// A request that is not HTTP as it should be; where the next one begins is unknown.
    static func malformed(_ sentence: String, status: HTTPResponse.Status = .badRequest, code: String = "bad_request")
        -> RequestError
    {
        var error = RequestError(status, code, sentence)
        error.closesConnection = true
        return error
    }

    static func methodNotAllowed(_ allow: String) -> RequestError {
        var error = RequestError(.methodNotAllowed, "method_not_allowed", "this address takes \(allow)")
        error.headers[.allow] = allow
        return error
    }

    static let bodyTooLarge: RequestError = .malformed(
        "the body is larger than \(RequestLimits.bodyBytes) bytes", status: .contentTooLarge, code: "body_too_large")
}

/// The sizes and times a request may have.
enum RequestLimits {
    static let bodyBytes = 256 * 1024
    static let targetBytes = 8 * 1024
    static let fieldBytes = 16 * 1024
    static let headBytes = 64 * 1024
    static let fields = 100
}

extension String {
    /// The text cut to so many bytes, between characters.
    func cut(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var result = ""
        for character in self {
            guard result.utf8.count + character.utf8.count <= limit else { break }
            result.append(character)
        }
        return result
    }
}
