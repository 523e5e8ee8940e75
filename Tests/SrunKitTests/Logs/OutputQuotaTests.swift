import NIOCore
import SrunTestSupport
import StoreMemory
import Testing

@testable import SrunKit

@Suite("Output quota", .timeLimit(.minutes(1)))
struct OutputQuotaTests {
    @Test(
        arguments: [
            (10, 10, nil), (10, 0, nil), (10, 11, 5..<6), (10, 1000, 5..<995), (11, 1000, 5..<994), (1, 5, 0..<4),
        ] as [(Int64, Int64, Range<Int64>?)])
    func dropsTheMiddle(_ quota: Int64, _ total: Int64, _ surplus: Range<Int64>?) {
        #expect(OutputQuota(bytes: quota).surplus(of: total) == surplus)
        if let surplus { #expect(total - Int64(surplus.count) == quota) }
    }

    /// A job that prints numbered lines, one piece after the other has been stored.
    private func printed(
        _ pieces: Int, quota: Int64, store: MemoryStore = MemoryStore(),
        _ body: @Sendable (Engine, Job, [UInt8]) async throws -> Void
    ) async throws {
        let process = ScriptedProcess()
        let launcher = ScriptedLauncher { _ in process }
        let configuration = EngineConfiguration(node: "test", outputQuota: quota)
        try await withEngine(store: store, launcher: launcher, configuration: configuration) { engine in
            let job = try await engine.submit(try JobSpec(command: .shell("anything")))
            var all: [UInt8] = []
            var feed = try await engine.follow(job.id)
            for piece in 0..<pieces {
                let line = (0..<8192).map { "\(piece).\($0)\n" }.joined()
                all += Array(line.utf8)
                process.print(line)
                var seen = 0
                while seen < line.utf8.count {
                    let chunks = try #require(try await feed.next())
                    seen += chunks.reduce(0) { $0 + $1.bytes.readableBytes }
                }
            }
            process.end(.code(0))
            let ended = try await engine.ended(job.id)
            try await body(engine, ended, all)
        }
    }

    @Test func keepsBeginningAndEnd() async throws {
        let quota: Int64 = 100_001
        let store = MemoryStore()
        try await printed(40, quota: quota, store: store) { engine, job, all in
            #expect(job.outputBytes == Int64(all.count))
            #expect(job.outputDropped == Int64(all.count) - quota)
            #expect(try await store.job(job.id) == job)
            let gap = Int(quota / 2)..<(all.count - Int(quota - quota / 2))
            let marker = "\r\n[srun: \(gap.count) bytes of the output were not kept]\r\n"
            let text = try await engine.output(of: job.id)
            #expect(text == Array(all[..<gap.lowerBound]) + Array(marker.utf8) + Array(all[gap.upperBound...]))

            // Whoever begins in the gap sees what is missing from there.
            var feed = try await engine.follow(job.id, from: .offset(Int64(gap.upperBound - 7)))
            let chunks = try #require(try await feed.next())
            #expect(chunks.first?.dropped == 7)
            #expect(chunks.first?.end == Int64(gap.upperBound))
            #expect(chunks.dropFirst().first?.offset == Int64(gap.upperBound))

            var counting = try await engine.follow(job.id, from: .offset(Int64(gap.lowerBound)))
            #expect(try await counting.passDropped() == Int64(gap.count))
            #expect(try await counting.passDropped() == 0)
            let next = try await counting.next()
            #expect(next?.first?.offset == Int64(gap.upperBound))
        }
    }

    @Test func keepsAllWithinTheQuota() async throws {
        try await printed(2, quota: 1 << 20) { engine, job, all in
            #expect(job.outputDropped == 0)
            let text = try await engine.output(of: job.id)
            #expect(text == all)
        }
    }
}
