import Foundation
import SrunKit

/// Whether this process is to be the keeper: the one that somebody starts, which starts the server and holds its jobs.
enum KeeperRole {
    /// A word that keeps everything in one process: whoever debugs the server wants that.
    private static let refusal = "--no-keeper"
    private static let verb = "serve"

    /// Asked before anything else, and answered without looking at any setting: the keeper knows none. Flags that are wrong are
    /// found by the server, whose exit code the keeper then passes on.
    static func isWanted(for arguments: [String]) -> Bool {
        if mustStay { return true }
        guard getenv(KeeperProgram.variable) == nil, !arguments.contains(refusal) else { return false }
        return arguments.first.map { $0 == verb || $0.hasPrefix("-") } ?? true
    }

    /// Whether another srun has started this one to keep its jobs for longer than itself.
    private static var mustStay: Bool { getenv(KeeperProgram.frontVariable) != nil }

    static func keep(_ arguments: [String]) -> Int32 {
        ProcessSafety.establish()
        if mustStay { return KeeperProgram.stay() }
        return KeeperProgram(arguments: arguments).keep()
    }
}
