import Foundation
import NIOCore

/// Messages for people. Standard output belongs to what was asked for.
enum StandardError {
    static func say(_ sentence: String) {
        write("srun: \(sentence.withoutControlCharacters)\n")
    }

    /// Writes text as it is. That standard error is closed or full is no reason to stop.
    static func write(_ text: String) {
        var text = text
        _ = text.withUTF8 { try? writeAll($0, to: STDERR_FILENO) }
    }
}

enum StandardOutput {
    /// - Throws: ``Failure`` with ``ExitCodes/inputOutput``, or ``ClosedPipe`` when nobody reads any more.
    static func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try writeAll($0, to: STDOUT_FILENO) }
    }

    static func write(_ bytes: [UInt8]) throws {
        try bytes.withUnsafeBufferPointer { try writeAll($0, to: STDOUT_FILENO) }
    }

    static func write(_ buffer: ByteBuffer) throws {
        try buffer.withUnsafeReadableBytes { raw in
            try raw.withMemoryRebound(to: UInt8.self) { try writeAll($0, to: STDOUT_FILENO) }
        }
    }

    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Columns and rows of the terminal on standard output; nil when there is none.
    static var terminalSize: (columns: Int, rows: Int)? {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return nil }
        return (Int(size.ws_col), Int(size.ws_row))
    }
}

/// The reader of standard output has gone, as in `srun logs ID | head -1`.
struct ClosedPipe: Error {
    /// What a shell reports for a program that ended by SIGPIPE.
    static let exitCode: Int32 = 128 + SIGPIPE
}

private func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
        let written = UnsafeBufferPointer(rebasing: rest).withMemoryRebound(to: UInt8.self) {
            write(descriptor, $0.baseAddress, $0.count)
        }
        if written >= 0 {
            rest = rest.dropFirst(written)
            continue
        }
        switch errno {
        case EINTR: continue
        case EAGAIN:
            // A terminal that another program has set to non-blocking: wait until it takes more.
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&wait, 1, -1)
        case EPIPE: throw ClosedPipe()
        default: throw Failure(.inputOutput, "cannot write the output: \(SystemError.last)")
        }
    }
}

/// The text of `errno`, for messages.
enum SystemError {
    static var last: String { describe(errno) }

    static func describe(_ code: Int32) -> String { String(cString: strerror(code)) }
}

extension String {
    /// The text with every control character made visible as `^[` or `?`: what others wrote must not steer our
    /// terminal.
    var withoutControlCharacters: String {
        guard unicodeScalars.contains(where: \.isControl) else { return self }
        return String(
            String.UnicodeScalarView(
                unicodeScalars.flatMap { scalar -> [Unicode.Scalar] in
                    guard scalar.isControl else { return [scalar] }
                    return scalar.value < 0x20
                        ? ["^", Unicode.Scalar(UInt8(scalar.value) + 0x40)] : ["?"]
                }))
    }
}

extension Unicode.Scalar {
    fileprivate var isControl: Bool { value < 0x20 || (0x7f...0x9f).contains(value) }
}
