import Foundation

/// Asks for a password: unseen on the terminal, or as the first line of standard input where there is none. There is no flag
/// for it, because every user of a machine can read flags.
enum PasswordPrompt {
    /// - Throws: ``Failure`` when there is none.
    static func read(_ question: String) throws -> String {
        guard isatty(STDIN_FILENO) == 1 else { return try firstLine() }
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return try firstLine() }
        var unseen = settings
        unseen.c_lflag &= ~tcflag_t(ECHO)
        StandardError.write("\(question): ")
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &unseen)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            StandardError.write("\n")
        }
        return try firstLine()
    }

    /// Asks a person twice: what cannot be seen is easily mistyped.
    static func readNew(_ question: String) throws -> String {
        let password = try read(question)
        guard isatty(STDIN_FILENO) == 1 else { return password }
        let isSame = try read("once more") == password  // compared as text: both were typed by the same person
        guard isSame else { throw Failure(.usage, "the two differ; nothing was changed") }
        return password
    }

    private static func firstLine() throws -> String {
        guard let line = readLine(strippingNewline: true), !line.isEmpty else {
            throw Failure(.usage, "a password is needed, on standard input")
        }
        return line
    }
}
