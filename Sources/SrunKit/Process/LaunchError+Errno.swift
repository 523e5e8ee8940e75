import Foundation

extension LaunchError {
    /// What errno says of the call that has just failed.
    init(doing what: String, errorNumber: Int32 = errno) {
        self.init(
            errorNumber: errorNumber,
            description: "\(String(cString: strerror(errorNumber))) (\(Self.name(of: errorNumber))) while \(what)")
    }

    /// The constant's name, which is what people search for.
    static func name(of errorNumber: Int32) -> String {
        switch errorNumber {
        case ENOENT: "ENOENT"
        case EACCES: "EACCES"
        case EPERM: "EPERM"
        case ENOEXEC: "ENOEXEC"
        case ENOTDIR: "ENOTDIR"
        case EISDIR: "EISDIR"
        case E2BIG: "E2BIG"
        case EAGAIN: "EAGAIN"
        case EMFILE: "EMFILE"
        case ENFILE: "ENFILE"
        case ENOMEM: "ENOMEM"
        case ENOSPC: "ENOSPC"
        case ELOOP: "ELOOP"
        case ENAMETOOLONG: "ENAMETOOLONG"
        case ETXTBSY: "ETXTBSY"
        default: "errno \(errorNumber)"
        }
    }
}
