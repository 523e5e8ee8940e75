// An engine inside somebody's test suite, with what the products `SrunKit` and `StoreMemory` make public and nothing else.
// Copy this file as a start: it leaves no file, no process and no port behind.

import Logging
import NIOCore
import SrunKit
import StoreMemory
import Testing

@Suite("An embedded engine", .timeLimit(.minutes(1)))
struct EmbeddedEngineExample {
    @Test func runsACommandAndReadsWhatItPrinted() async throws {
        let engine = try Engine(
            store: MemoryStore(), launcher: LocalProcessLauncher(),
            configuration: EngineConfiguration(node: "tests"), logger: Logger(label: "tests"))

        // The engine lives as long as `run()`; a test is one scope around it.
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await engine.run() }
            defer { engine.shutDown() }

            // `terminal: nil` means pipes: no colours, no CR LF, standard error apart.
            let job = try await engine.submit(JobSpec(command: .shell("echo out; echo err >&2; exit 3"), terminal: nil))

            // A follower waits for a running job and ends with it.
            var output: [LogStream: String] = [:]
            var feed = try await engine.follow(job.id)
            while let chunks = try await feed.next() {
                for chunk in chunks { output[chunk.stream, default: ""] += String(buffer: chunk.bytes) }
            }
            #expect(output == [.output: "out\n", .error: "err\n"])

            // The end of the output comes after the outcome is stored. Exit code 3 is a result, not an error.
            let ended = try await engine.job(job.id)
            #expect(ended.status == .failed)
            #expect(ended.state.end?.outcome.exitCode == 3)
        }
    }
}
