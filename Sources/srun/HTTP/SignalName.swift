import Foundation

/// A signal as people write it: `HUP`, `SIGHUP`, `hup` or 1.
struct SignalName: Hashable, Sendable {
    let number: Int32

    private static let names: [String: Int32] = [
        "HUP": SIGHUP, "INT": SIGINT, "QUIT": SIGQUIT, "ILL": SIGILL, "TRAP": SIGTRAP, "ABRT": SIGABRT, "BUS": SIGBUS,
        "FPE": SIGFPE, "KILL": SIGKILL, "USR1": SIGUSR1, "SEGV": SIGSEGV, "USR2": SIGUSR2, "PIPE": SIGPIPE,
        "ALRM": SIGALRM, "TERM": SIGTERM, "CHLD": SIGCHLD, "CONT": SIGCONT, "STOP": SIGSTOP, "TSTP": SIGTSTP,
        "TTIN": SIGTTIN, "TTOU": SIGTTOU, "URG": SIGURG, "XCPU": SIGXCPU, "XFSZ": SIGXFSZ, "VTALRM": SIGVTALRM,
        "PROF": SIGPROF, "WINCH": SIGWINCH, "IO": SIGIO, "SYS": SIGSYS,
    ]

    init?(_ value: JSONValue) {
        switch value {
        case .number(.integer(let number)):
            guard (1...64).contains(number) else { return nil }
            self.number = Int32(number)
        case .string(let text):
            let upper = text.uppercased()
            guard let number = Self.names[upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper] else {
                return nil
            }
            self.number = number
        default: return nil
        }
    }
}
