import CPTY
import Foundation

/// The process that somebody has started, when the keeper is another one that may outlive it: it hands on signals, and ends with
/// the server, or at once when its jobs are left to the next start.
struct Front {
    let program: KeeperProgram
    let signals: Descriptor

    private static let attempts = 10
    /// Somebody else has what this start wants (sysexits(3), EX_TEMPFAIL).
    private static let taken: Int32 = 75
    /// EX_SOFTWARE.
    private static let crashed: Int32 = 70
    /// EX_OSERR.
    private static let unable: Int32 = 71

    /// - Parameter folder: Where the keeper is found, if there is one.
    /// - Returns: The exit code.
    func run(in folder: String) -> Int32 {
        do throws(LaunchError) {
            for _ in 0..<Self.attempts {
                let found = KeeperPresence.connect(in: folder)?.channel
                let channel = if let found { found } else { try program.startStayingKeeper() }
                let message = FrontMessage.attach(program.attachment)
                guard channel.send(message.bytes, try program.attachedDescriptors()) == .sent else { continue }
                if let code = follow(channel) { return code }
            }
            throw LaunchError(errorNumber: EAGAIN, description: "the keeper of \(folder) ends again and again")
        } catch {
            say("\(error)")
            return Self.unable
        }
    }

    /// - Returns: Nil when the keeper was just ending, and has not begun to serve this start.
    private func follow(_ channel: KeeperChannel) -> Int32? {
        var isServed = false
        while true {
            var polls = [
                pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0),
                pollfd(fd: channel.descriptor.number, events: Int16(POLLIN), revents: 0),
            ]
            guard poll(&polls, 2, -1) >= 0 || errno == EINTR else { return Self.unable }
            if polls[0].revents != 0 { handOn(to: channel) }
            guard polls[1].revents != 0 else { continue }
            switch channel.receive() {
            case .nothing: continue
            case .gone:
                guard isServed else { return nil }
                say("the keeper was killed, and its jobs with it")
                return Self.crashed
            case .message(let received):
                switch try? FrontAnswer(bytes: received.bytes) {
                case .end(let code)?: return code
                case .refused(let reason)?:
                    say(reason)
                    return Self.taken
                case .presence?: isServed = true
                case nil: continue
                }
            }
        }
    }

    private func handOn(to channel: KeeperChannel) {
        while true {
            let message: FrontMessage
            switch cpty_next_signal(signals.number) {
            case 0: return
            case SIGCHLD: continue
            case SIGHUP: message = .upgrade
            case SIGUSR1: message = .reload
            default: message = .end
            }
            _ = channel.send(message.bytes)
        }
    }

    private func say(_ text: String) {
        let line = Array("srun: \(text)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}
