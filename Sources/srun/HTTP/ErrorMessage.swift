import Foundation
import HTTPTypes
import HummingbirdCore
import Logging
import SrunKit

/// The body of every answer that is an error.
struct ErrorMessage: Encodable {
    let error: String
    let code: String
    let field: String?
    let offset: Int?
    let status: String?

    init(_ error: RequestError) {
        self.error = error.sentence
        code = error.code
        field = error.field
        offset = error.offset
        status = error.jobStatus?.rawValue
    }
}

extension RequestError {
    /// The one place where errors become answers. What is not foreseen is the server's fault and says nothing of its
    /// cause.
    init(_ error: any Error, logger: Logger) {
        switch error {
        case let error as RequestError: self = error
        case let error as EngineError: self.init(error)
        case let error as StoreError: self.init(error.code, error.description)
        case let error as JobSpecError: self.init(error)
        case let error as JSONError:
            self.init(.badRequest, "invalid_json", "the body is not the JSON it should be: \(error.problem)")
            offset = error.offset
        default:
            logger.error("request failed", metadata: ["error": "\(error)"])
            self.init(.internalServerError, "internal_error", "the server could not do this; its log may tell why")
        }
    }

    private init(_ error: EngineError) {
        switch error.code {
        case .jobNotFound: self = .jobNotFound
        case .notRunning: self.init(.conflict, "not_running", "the job has ended")
        case .stillRunning: self.init(.conflict, "still_running", "the job has not ended; stop it first")
        case .stillStopping:
            self.init(.conflict, "still_stopping", "the job is still being stopped; nothing was started")
        case .noTerminal: self.init(.conflict, "no_terminal", "the job runs on pipes: it has no terminal")
        case .badSize: self.init(.badRequest, "bad_size", "cols and rows of a terminal must be from 1 to 1000")
        case .queueFull: self.init(.tooManyRequests, "queue_full", "too many jobs are waiting already")
        case .invalidSpec(let error): self.init(error)
        case .storage(let code): self.init(code, error.description)
        case .ownerUnreachable:
            self.init(
                .serviceUnavailable, "owner_unreachable", "the node that runs the job cannot be reached now; try again")
        case .shuttingDown: self.init(.serviceUnavailable, "shutting_down", "the server is shutting down")
        }
        jobStatus = error.status
    }

    private init(_ code: StoreError.Code, _ description: String) {
        switch code {
        case .jobNotFound: self = .jobNotFound
        case .full:
            self.init(
                HTTPResponse.Status(code: 507, reasonPhrase: "Insufficient Storage"), "storage_full",
                "there is no room left to store jobs")
        default: self = .storageUnavailable
        }
    }

    private init(_ error: JobSpecError) {
        self.init(.badRequest, error.code.rawValue, error.description)
        field = error.field
    }
}

extension Response {
    init(_ error: RequestError) {
        self = .json(ErrorMessage(error), status: error.status)
        for field in error.headers { headers[field.name] = field.value }
        if error.closesConnection { headers[.connection] = "close" }
    }

    /// An answer in JSON. Keys are sorted, so the same thing is always written the same way.
    static func json(_ message: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
        guard let bytes = try? JSONText.bytes(of: message) else { return Response(status: .internalServerError) }
        return Response(
            status: status, headers: [.contentType: "application/json; charset=utf-8"],
            body: ResponseBody(byteBuffer: bytes))
    }
}
