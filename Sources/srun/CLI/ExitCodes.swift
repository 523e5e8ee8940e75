import SrunKit

/// What the process says to the shell, in one place. The numbers are those of sysexits(3) as far as they fit.
///
/// `srun run` is the exception by design: it ends with the exit code of the job.
enum ExitCodes: Int32, Sendable {
    case ok = 0
    /// A wrong flag, a wrong value, a missing argument.
    case usage = 64
    /// Something that was read is damaged or has the wrong form.
    case badData = 65
    case noSuchJob = 66
    /// The server does not answer, or its address cannot be had.
    case unavailable = 69
    case cannotCreate = 73
    case inputOutput = 74
    /// Somebody else has it, or it is too early: the same may succeed later.
    case temporary = 75
    /// The other side does not keep to the API, or the connection broke too often.
    case protocolError = 76
    case permission = 77
    /// The configuration is understood, and refused.
    case refusedConfiguration = 78
}

/// Why a command ends: one sentence for people and the exit code that goes with it.
struct Failure: Error, CustomStringConvertible, Sendable {
    let code: ExitCodes
    let description: String

    init(_ code: ExitCodes, _ description: String) {
        self.code = code
        self.description = description
    }
}

extension ExitCodes {
    /// What a store that does not open means for the server.
    init(_ code: StoreError.Code) {
        self =
            switch code {
            case .locked: .temporary
            case .corrupt, .newerSchema: .badData
            case .cannotCreate: .cannotCreate
            case .unsafePermissions, .accessDenied: .permission
            case .unreachable: .unavailable
            case .insecure, .unsuitablePlace: .refusedConfiguration
            case .fenced: .temporary
            case .full, .unavailable: .inputOutput
            case .jobNotFound: .noSuchJob
            case .alreadyExists, .illegalTransition, .gap: .badData
            }
    }

    /// What it means that the server cannot begin.
    init(_ code: ServerError.Code) {
        self =
            switch code {
            case .addressInUse, .addressNotAvailable: .unavailable
            case .permissionDenied: .permission
            case .invalidConfiguration: .usage
            }
    }

    /// What an answer of the server means for a command.
    init(httpStatus: Int, apiCode: String?) {
        self =
            switch (httpStatus, apiCode) {
            case (_, "job_not_found"): .noSuchJob
            case (401, _), (403, _), (421, _): .permission
            case (_, "still_running"), (_, "still_stopping"), (429, _): .temporary
            case (400, _), (409, _), (413, _), (416, _): .badData
            case (507, _): .inputOutput
            case (502, _), (503, _), (504, _): .unavailable
            default: .protocolError
            }
    }
}
