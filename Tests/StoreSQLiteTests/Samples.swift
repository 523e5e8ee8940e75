import Foundation
import NIOCore
import SrunKit
import StoreSQLite

/// Calls the body with a store in a folder of its own; both are gone afterwards.
func withTemporaryStore<Value>(_ body: (SQLiteStore, _ path: String) async throws -> Value) async throws -> Value {
    try await withTemporaryFolder { folder in
        let path = folder + "/srun.db"
        let store = try await SQLiteStore.open(at: path, node: "here")
        do {
            let value = try await body(store, path)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }
}

func sampleID(_ number: Int) -> JobID {
    JobID(milliseconds: UInt64(number), sequence: 0, random: 0)
}

func sampleJob(_ number: Int) -> Job {
    Job(
        id: sampleID(number), spec: JobSpec(stored: .shell("echo \(number)")),
        createdAt: Date(timeIntervalSince1970: 1_750_000_000 + Double(number)), node: "here",
        state: .running(JobRun(startedAt: Date(timeIntervalSince1970: 1_750_000_000), processID: 4711)))
}

func sampleChunk(at offset: Int64, _ bytes: some Sequence<UInt8>) -> LogChunk {
    LogChunk(
        offset: offset, time: Date(timeIntervalSince1970: 1_750_000_000 + Double(offset)), stream: .output,
        bytes: ByteBuffer(bytes: bytes))
}

/// Bytes that cannot be packed, the same every time.
func sampleNoise(_ count: Int) -> [UInt8] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 33)
    }
}

func bytes(of job: JobID, in store: SQLiteStore) async throws -> [UInt8] {
    try await store.chunks(of: job, from: 0, limit: .max).flatMap { [UInt8]($0.bytes.readableBytesView) }
}

/// The permission bits of a file.
func mode(of path: String) throws -> Int? {
    (try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? NSNumber)?.intValue
}

func content(of path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path))
}

func names(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
}
