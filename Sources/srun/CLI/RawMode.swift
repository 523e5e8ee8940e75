import Foundation
import Synchronization

/// Hands every key to us as it is pressed, without echo and without signals; ``restore()`` gives the terminal back.
final class RawMode: Sendable {
    private let before: termios
    private let isRaw = Mutex(false)

    /// - Throws: ``Failure`` when standard input or standard output is no terminal.
    init() throws {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0, StandardOutput.isTerminal else {
            throw Failure(.usage, "this needs a terminal as standard input and standard output")
        }
        before = settings
    }

    deinit { restore() }

    func begin() {
        var settings = before
        cfmakeraw(&settings)
        isRaw.withLock { isRaw in
            isRaw = tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) == 0
        }
    }

    /// Puts the terminal back as it was; what is typed ahead stays for the shell.
    func restore() {
        var settings = before
        isRaw.withLock { isRaw in
            if isRaw { tcsetattr(STDIN_FILENO, TCSADRAIN, &settings) }
            isRaw = false
        }
    }
}
