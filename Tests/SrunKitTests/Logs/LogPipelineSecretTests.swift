import Foundation
import NIOCore
import Testing

@testable import SrunKit

@Suite("Secrets in output") struct LogPipelineSecretTests {
    private static let id = JobID(milliseconds: 1, sequence: 0, random: 0)

    /// What an earlier server had read, and this one finds.
    private struct Journal: OutputJournal {
        let text: String
        let pipelineBytes = 1 << 20

        func markDurable(before offset: Int64) {}

        func pieces(from offset: Int64) -> [LogChunk] {
            // In small pieces, as they were read.
            let bytes = Array(text.utf8)
            return stride(from: Int(offset), to: bytes.count, by: 3).map { start in
                LogChunk(
                    offset: Int64(start), time: .distantPast, stream: .output,
                    bytes: ByteBuffer(bytes: bytes[start..<min(start + 3, bytes.count)]))
            }
        }
    }

    private func content(of pipeline: LogPipeline, from offset: Int64 = 0) -> String {
        guard case .chunks(let chunks) = pipeline.read(from: offset, limit: 1 << 20) else { return "" }
        return chunks.map { String(buffer: $0.bytes) }.joined()
    }

    @Test func areMaskedBeforeAnybodySeesThem() async {
        let pipeline = LogPipeline(job: Self.id, masker: SecretMasker(["hunter2"]))
        await pipeline.append(ByteBuffer(string: "the word is hun"), stream: .output, time: .distantPast)
        #expect(content(of: pipeline) == "the word is ")
        await pipeline.append(ByteBuffer(string: "ter2 or hunt"), stream: .output, time: .distantPast)
        #expect(content(of: pipeline) == "the word is ******* or ")
        pipeline.end()
        #expect(content(of: pipeline) == "the word is ******* or hunt")
        #expect(pipeline.byteCount == 27)
    }

    @Test func keepTheOrderOfTwoStreams() async {
        let pipeline = LogPipeline(job: Self.id, masker: SecretMasker(["hunter2"]))
        await pipeline.append(ByteBuffer(string: "hunt"), stream: .output, time: .distantPast)
        await pipeline.append(ByteBuffer(string: "er2 hunter2 "), stream: .error, time: .distantPast)
        #expect(content(of: pipeline) == "hunter2 ******* ")
    }

    /// Wherever the crash came: what the earlier server had stored was masked, and so is the rest.
    @Test(arguments: 0...23) func areMaskedAcrossACrash(_ stored: Int) {
        let text = "a hunter2hunter2 and end"
        let pipeline = LogPipeline(
            job: Self.id, ring: LogRing(from: Int64(stored)), masker: SecretMasker(["hunter2"]))
        pipeline.attach(Journal(text: text), stored: Int64(stored))
        pipeline.end()
        #expect(content(of: pipeline, from: Int64(stored)) == String("a ************** and end".dropFirst(stored)))
        #expect(pipeline.byteCount == Int64(text.utf8.count))
    }
}
