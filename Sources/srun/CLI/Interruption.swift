import ArgumentParser
import UnixSignals

/// Ctrl-C during work that has to tidy up, such as output on a terminal whose colours must not stay.
enum Interruption {
    /// Runs the work; a signal cancels it, and it is waited for.
    ///
    /// - Throws: `ExitCode`, as a shell reports a signal; whatever the work throws.
    static func cancels(_ work: @escaping @Sendable () async throws -> Void) async throws {
        let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
        try await withThrowingTaskGroup(of: UnixSignal?.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                try await work()
                return nil
            }
            tasks.addTask {
                for await signal in signals { return signal }
                return nil
            }
            if let signal = try await tasks.next() ?? nil { throw ExitCode(128 + signal.rawValue) }
        }
    }
}
