import Foundation
import NIOCore
import SrunKit

/// Output that the database does not take now, in files of this machine, one a job, until it does.
///
/// Bounded per job: beyond ``limit`` an append is refused, the ring fills, and the job waits. What the kernel has taken survives the end of
/// this process; a record that a crash has cut off in the middle is passed over, for it was never acknowledged.
///
/// Every record: offset, time in microseconds, stream, length, bytes; the numbers big-endian.
actor OutputSpool {
    /// How much of one job's output waits here at most.
    static let limit: Int64 = 64 << 20
    private static let headBytes = 8 + 8 + 1 + 4

    private struct Record {
        let chunk: (offset: Int64, time: Date, stream: LogStream)
        /// Where its bytes are in the file.
        let place: UInt64
        let length: Int
        var end: Int64 { chunk.offset + Int64(length) }
    }

    private struct Backlog {
        let file: FileHandle
        let path: String
        var records: [Record] = []
        /// Records before this one have been taken by the database.
        var first = 0
        var fileBytes: UInt64 = 0

        var end: Int64 { records.last?.end ?? 0 }
        var waitingBytes: Int64 { first < records.count ? end - records[first].chunk.offset : 0 }
    }

    private let folder: String
    private var backlogs: [JobID: Backlog] = [:]

    /// Finds what an earlier life of this node has left.
    ///
    /// - Throws: ``StoreError/Code/cannotCreate``.
    init(folder: String) throws(StoreError) {
        self.folder = folder
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
                guard let job = JobID(name) else { continue }
                backlogs[job] = try Self.read("\(folder)/\(name)")
            }
        } catch {
            throw StoreError(
                .cannotCreate, "The folder \(folder), where output waits for the database, cannot be used.",
                underlying: error)
        }
    }

    private static func read(_ path: String) throws -> Backlog {
        guard let file = FileHandle(forUpdatingAtPath: path) else { throw CocoaError(.fileReadNoPermission) }
        var backlog = Backlog(file: file, path: path)
        let size = try file.seekToEnd()
        while backlog.fileBytes + UInt64(headBytes) <= size {
            try file.seek(toOffset: backlog.fileBytes)
            guard let data = try file.read(upToCount: headBytes), data.count == headBytes else { break }
            var head = ByteBuffer(bytes: data)
            guard let offset = head.readInteger(as: Int64.self), let time = head.readInteger(as: Int64.self),
                let stream = head.readInteger(as: UInt8.self), let length = head.readInteger(as: UInt32.self),
                offset >= 0, backlog.records.isEmpty || offset == backlog.end
            else { break }
            let place = backlog.fileBytes + UInt64(headBytes)
            guard place + UInt64(length) <= size else { break }
            backlog.records.append(
                Record(
                    chunk: (offset, Date(microseconds: time), stream == 0 ? .output : .error), place: place,
                    length: Int(length)))
            backlog.fileBytes = place + UInt64(length)
        }
        try file.truncate(atOffset: backlog.fileBytes)
        return backlog
    }

    var jobs: [JobID] { Array(backlogs.keys) }

    func holds(_ job: JobID) -> Bool { backlogs[job] != nil }

    /// Where the output of a job ends here; nil when nothing waits.
    func end(of job: JobID) -> Int64? { backlogs[job]?.end }

    /// Takes chunks that follow what is here, or begin before its end.
    ///
    /// - Throws: ``StoreError/Code/unavailable`` when there is no room for more.
    func add(_ chunks: [LogChunk], to job: JobID) throws(StoreError) {
        do {
            var backlog = try backlogs[job] ?? create(job)
            var buffer = ByteBuffer()
            var records: [Record] = []
            var position = backlog.records.isEmpty ? (chunks.first?.offset ?? 0) : backlog.end
            for chunk in chunks {
                guard let part = chunk.slice(from: position) else { continue }
                buffer.writeInteger(part.offset)
                buffer.writeInteger(part.time.microseconds)
                buffer.writeInteger(UInt8(part.stream == .output ? 0 : 1))
                buffer.writeInteger(UInt32(part.bytes.readableBytes))
                records.append(
                    Record(
                        chunk: (part.offset, part.time, part.stream),
                        place: backlog.fileBytes + UInt64(buffer.writerIndex), length: part.bytes.readableBytes))
                buffer.writeImmutableBuffer(part.bytes)
                position = part.end
            }
            guard backlog.waitingBytes + Int64(buffer.readableBytes) <= Self.limit else {
                throw StoreError(.unavailable, "PostgreSQL does not answer, and no more output fits beside it.")
            }
            try backlog.file.seek(toOffset: backlog.fileBytes)
            try backlog.file.write(contentsOf: Data(buffer.readableBytesView))
            backlog.fileBytes += UInt64(buffer.readableBytes)
            backlog.records += records
            backlogs[job] = backlog
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.unavailable, "Output that waits for PostgreSQL cannot be written.", underlying: error)
        }
    }

    private func create(_ job: JobID) throws -> Backlog {
        let path = "\(folder)/\(job)"
        guard FileManager.default.createFile(atPath: path, contents: nil, attributes: [.posixPermissions: 0o600]),
            let file = FileHandle(forUpdatingAtPath: path)
        else { throw CocoaError(.fileWriteUnknown) }
        return Backlog(file: file, path: path)
    }

    /// What waits from an offset on; nil when that place is not here.
    func chunks(of job: JobID, from offset: Int64, limit: Int) -> [LogChunk]? {
        guard let backlog = backlogs[job], let first = backlog.records.first, offset >= first.chunk.offset,
            offset < backlog.end
        else { return nil }
        var chunks: [LogChunk] = []
        var left = limit
        let start = backlog.records.firstIndex { $0.end > offset } ?? 0
        for record in backlog.records[start...] where left > 0 {
            guard (try? backlog.file.seek(toOffset: record.place)) != nil,
                let data = try? backlog.file.read(upToCount: record.length), data.count == record.length
            else { return nil }
            let chunk = LogChunk(
                offset: record.chunk.offset, time: record.chunk.time, stream: record.chunk.stream,
                bytes: ByteBuffer(bytes: data))
            guard let part = chunk.slice(from: offset, limit: left) else { continue }
            chunks.append(part)
            left -= part.bytes.readableBytes
        }
        return chunks
    }

    /// The next of what waits, in order.
    func batch(of job: JobID, limit: Int) -> [LogChunk] {
        guard let backlog = backlogs[job], backlog.first < backlog.records.count else { return [] }
        return chunks(of: job, from: backlog.records[backlog.first].chunk.offset, limit: limit) ?? []
    }

    /// The database has taken everything before an offset; when that is all, the file goes.
    func didStore(before offset: Int64, of job: JobID) {
        guard var backlog = backlogs[job] else { return }
        while backlog.first < backlog.records.count, backlog.records[backlog.first].end <= offset { backlog.first += 1 }
        if backlog.first == backlog.records.count {
            discard(job)
        } else {
            backlogs[job] = backlog
        }
    }

    func discard(_ job: JobID) {
        guard let backlog = backlogs.removeValue(forKey: job) else { return }
        try? backlog.file.close()
        try? FileManager.default.removeItem(atPath: backlog.path)
    }
}
