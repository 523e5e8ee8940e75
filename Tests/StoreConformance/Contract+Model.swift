import Foundation
import NIOCore
import SrunKit
import Testing

/// What a store should answer about one job's output, as simply as it can be said.
private struct OutputModel {
    private(set) var bytes: [UInt8] = []
    private(set) var streams: [LogStream] = []
    private(set) var times: [Date] = []

    var end: Int64 { Int64(bytes.count) }

    mutating func append(_ chunk: LogChunk) {
        guard let new = chunk.slice(from: end) else { return }
        bytes += new.bytes.readableBytesView
        streams += Array(repeating: new.stream, count: new.bytes.readableBytes)
        times += Array(repeating: new.time, count: new.bytes.readableBytes)
    }
}

extension StoreContract {
    static func agreesWithModel(_ store: any Store, seed: UInt64) async throws {
        var random = SplitMix(seed: seed)
        var models: [JobID: OutputModel] = [:]
        for number in 1...3 {
            try await store.insert(job(number, running))
            models[id(number)] = OutputModel()
        }
        var time = 0.0
        for _ in 0..<150 {
            let job = id(.random(in: 1...3, using: &random))
            var model = models[job] ?? OutputModel()
            if Int.random(in: 0..<3, using: &random) < 2 {
                let batch = randomBatch(after: model.end, &time, &random)
                if let first = batch.first, first.offset > model.end {
                    await #expect(throws: error(.gap(expected: model.end))) { try await store.append(batch, to: job) }
                } else {
                    try await store.append(batch, to: job)
                    for chunk in batch { model.append(chunk) }
                    models[job] = model
                }
                #expect(try await store.storedBytes(of: job) == model.end)
            } else {
                let offset = Int64.random(in: 0...(model.end + 5), using: &random)
                let limit = 1 << Int.random(in: 0...17, using: &random)
                check(try await store.chunks(of: job, from: offset, limit: limit), model, from: offset, limit: limit)
            }
        }
        for (job, model) in models {
            check(try await output(of: job, in: store), model, from: 0, limit: .max)
        }
    }

    /// Chunks that begin before, at, or now and then after the given end.
    private static func randomBatch(after end: Int64, _ time: inout Double, _ random: inout SplitMix) -> [LogChunk] {
        let shift: Int64 =
            switch Int.random(in: 0..<10, using: &random) {
            case 0: .random(in: 1...50, using: &random)
            case 1...3: -Int64.random(in: 0...300, using: &random)
            default: 0
            }
        var offset = max(0, end + shift)
        return (0..<Int.random(in: 1...6, using: &random)).map { _ in
            let size = 1 << Int.random(in: 0...14, using: &random)
            let stream: LogStream = Bool.random(using: &random) ? .output : .error
            time += [0, 0.001, 0.02, 1][Int.random(in: 0..<4, using: &random)]
            let chunk = chunk(at: offset, noise(size, seed: random.next()), after: time, stream)
            offset = chunk.end
            return chunk
        }
    }

    private static func check(_ chunks: [LogChunk], _ model: OutputModel, from offset: Int64, limit: Int) {
        let count = chunks.reduce(0) { $0 + $1.bytes.readableBytes }
        let available = max(0, Int(model.end - offset))
        #expect(count <= min(limit, available))
        #expect(count > 0 || available == 0)
        var expected = offset
        for chunk in chunks {
            #expect(chunk.offset == expected)
            guard chunk.offset >= 0, chunk.end <= model.end else { return }
            let range = Int(chunk.offset)..<Int(chunk.end)
            #expect(Array(chunk.bytes.readableBytesView) == Array(model.bytes[range]))
            #expect(model.streams[range].allSatisfy { $0 == chunk.stream })
            #expect(model.times[range].allSatisfy { abs($0.timeIntervalSince(chunk.time)) <= 0.010_001 })
            expected = chunk.end
        }
    }
}
