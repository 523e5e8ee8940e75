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

    /// Whether a debugger is attached; it needs what ``establish()`` takes away. Read with system calls only: the keeper does this
    /// too, and loads nothing more.
    private static var isTraced: Bool {
        let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = max(0, read(descriptor, &bytes, bytes.count))
        let content = bytes.prefix(count)
        return content.split(separator: UInt8(ascii: "\n")).contains { line in
            line.starts(with: "TracerPid:".utf8) && !line.elementsEqual("TracerPid:\t0".utf8)
        }
    }
}
