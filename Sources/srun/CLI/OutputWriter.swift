import NIOCore

/// Puts a job's output on standard output: as it is into a pipe or a file, made safe on a terminal.
struct OutputWriter {
    private var filter: TerminalFilter?

    init(_ policy: TerminalFilter.Policy, raw: Bool = false) {
        filter = StandardOutput.isTerminal && !raw ? TerminalFilter(policy) : nil
    }

    mutating func write(_ bytes: ByteBuffer) throws {
        guard filter != nil else {
            try StandardOutput.write(bytes)
            return
        }
        let shown = filter?.filter(bytes.readableBytesView) ?? []
        try StandardOutput.write(shown)
    }

    /// Leaves the terminal as it was, also after output that was cut.
    mutating func finish() {
        if let reset = filter?.finish(), !reset.isEmpty { try? StandardOutput.write(reset) }
    }
}
