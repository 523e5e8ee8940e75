import CPTY
import Foundation

/// What the process does to itself before anything else.
enum ProcessSafety {
    /// Files are made for their owner only; memory, environment and core dumps stay out of reach of the jobs, which run
    /// as the same user; a reader that goes away is an error of one write and not the end of the server.
    static func establish() {
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        guard !isTraced else { return }
        _ = cpty_forbid_dumping()
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
    }

    /// Whether a debugger is attached; it needs what ``establish()`` takes away.
    private static var isTraced: Bool {
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else { return false }
        return status.split(separator: "\n").contains { line in
            line.hasPrefix("TracerPid:") && line.split(separator: "\t").last.map { $0 != "0" } ?? false
        }
    }
}
