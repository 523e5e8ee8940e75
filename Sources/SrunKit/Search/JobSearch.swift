import Foundation
import NIOCore

/// A search of all jobs, newest first: what is said of them, and the lines of their outputs, those of running jobs included.
///
/// An index (``SearchIndexing``) spares reading what cannot hold the text. Without one, for a text too short for it, and for what is
/// not indexed yet, outputs are read. One search reads at most ``maximumBytes``; it then says where the next one goes on.
package struct JobSearch: Sendable {
    package enum Place: Hashable, Sendable {
        case command, name, tag
        case line(offset: Int64, number: Int64)
    }

    package struct Hit: Sendable {
        package let job: Job
        package let place: Place
        package let excerpt: LineSearch.Hit
    }

    /// Of the output of one job at most so many lines, so that one that prints the text all the time does not hide the others.
    package static let linesPerJob = 10
    package static let maximumBytes: Int64 = 256 << 20
    private static let pageJobs = 50
    private static let stepBytes = 64 << 10

    private let engine: Engine
    private let index: (any SearchIndexing)?
    private let text: String
    private var search: LineSearch
    private let limit: Int
    private let mostBytes: Int64
    /// Newest first; the jobs up to `horizon` are in it or have been.
    private var queue: [SearchCandidate] = []
    private var horizon: JobCursor?
    private var isAtLastPage = false

    /// How much output was read.
    package private(set) var bytes: Int64 = 0
    package private(set) var hits = 0
    /// Where the next search goes on; nil when everything was looked at.
    package private(set) var rest: SearchCursor?
    private var isOver = false

    init(
        _ engine: Engine, index: (any SearchIndexing)?, text: String, ignoresCase: Bool, limit: Int,
        after cursor: SearchCursor?, mostBytes: Int64 = Self.maximumBytes
    ) {
        self.engine = engine
        let isLongEnough = index.map { text.unicodeScalars.count >= type(of: $0).shortestText } ?? false
        self.index = isLongEnough ? index : nil
        self.text = text
        search = LineSearch(literal: text, ignoresCase: ignoresCase)
        self.limit = limit
        self.mostBytes = mostBytes
        horizon = cursor?.job
        if let cursor, let line = cursor.within {
            queue = [
                SearchCandidate(
                    job: cursor.job, parts: [.init(range: line.offset ..< .max, line: line.number)])
            ]
            resumed = cursor.job
        }
    }

    /// The job in whose output this search begins: what is said of it was looked at before.
    private var resumed: JobCursor?

    /// The next hits, of one job; nil when there are no more, or the search has done its share: see ``rest``.
    package mutating func next() async throws -> [Hit]? {
        while !isOver, !Task.isCancelled {
            if queue.isEmpty, try await !refill() {
                isOver = true
                return nil
            }
            let candidate = queue.removeFirst()
            let found = try await look(at: candidate)
            hits += found.count
            if rest != nil {
                isOver = true
            } else if hits >= limit || bytes >= mostBytes {
                isOver = true
                // What is the end is not known before it was looked for.
                let isThereMore = queue.isEmpty ? try await refill() : true
                if isThereMore { rest = SearchCursor(behind: candidate.job) }
            }
            if !found.isEmpty { return found }
        }
        return nil
    }

    /// - Returns: False when there are no more jobs.
    private mutating func refill() async throws -> Bool {
        while queue.isEmpty {
            guard !isAtLastPage else { return false }
            if let index {
                let found = try await index.candidates(for: text, after: horizon, limit: Self.pageJobs)
                let behind = try await index.unindexed(after: horizon, limit: Self.pageJobs)
                merge(found, behind)
            } else {
                let page = try await engine.jobs(JobQuery(after: horizon, limit: Self.pageJobs))
                queue = page.jobs.map { job in
                    SearchCandidate(job: JobCursor(job), parts: [.init(range: 0 ..< .max, line: 1)])
                }
                horizon = page.next
                isAtLastPage = page.next == nil
            }
        }
        return true
    }

    /// Joins two lists of jobs, each newest first, as far as both reach.
    private mutating func merge(_ found: [SearchCandidate], _ behind: [IndexPosition]) {
        var horizon: JobCursor?
        for last in [Self.end(of: found.map(\.job)), Self.end(of: behind.map(\.job))] {
            guard let last else { continue }
            if horizon.map({ JobCursor.precedes(last, $0) }) ?? true { horizon = last }
        }
        var merged: [JobCursor: SearchCandidate] = [:]
        func reaches(_ job: JobCursor) -> Bool { horizon.map { !JobCursor.precedes($0, job) } ?? true }
        for candidate in found where reaches(candidate.job) { merged[candidate.job] = candidate }
        for position in behind where reaches(position.job) {
            merged[position.job, default: SearchCandidate(job: position.job, parts: [])].parts.append(
                .init(range: position.offset ..< .max, line: position.line))
        }
        queue = merged.values.sorted { JobCursor.precedes($0.job, $1.job) }
        self.horizon = horizon
        isAtLastPage = horizon == nil
    }

    /// Nil when the list is not cut off.
    private static func end(of page: [JobCursor]) -> JobCursor? { page.count == pageJobs ? page.last : nil }

    // MARK: One job

    private mutating func look(at candidate: SearchCandidate) async throws -> [Hit] {
        let job: Job
        do {
            job = try await engine.job(candidate.job.id)
        } catch {
            // Removed meanwhile.
            if error.code == .jobNotFound { return [] }
            throw error
        }
        var found = candidate.job == resumed ? [] : facts(of: job)
        var lines = 0
        for part in candidate.parts {
            do {
                try await look(at: part, of: job, &found, &lines)
            } catch let error as StoreError where error.code == .jobNotFound {
                return []
            }
            if rest != nil || lines >= Self.linesPerJob || hits + found.count >= limit { break }
        }
        return found
    }

    private mutating func facts(of job: Job) -> [Hit] {
        var found: [Hit] = []
        let facts: [(Place, [String])] = [
            (.command, [job.spec.commandText]), (.name, [job.spec.name].compactMap { $0 }), (.tag, job.spec.tags),
        ]
        for (place, texts) in facts where hits + found.count < limit {
            for text in texts {
                guard let excerpt = search.hit(in: Array(text.utf8)) else { continue }
                found.append(Hit(job: job, place: place, excerpt: excerpt))
                break
            }
        }
        return found
    }

    private mutating func look(
        at part: SearchCandidate.Part, of job: Job, _ found: inout [Hit], _ count: inout Int
    ) async throws {
        var lines = TextLines()
        var reading = Reading(first: part.line)
        let end = min(part.range.upperBound, job.outputBytes)
        var offset = part.range.lowerBound
        guard offset < end else { return }
        var feed = try await engine.follow(job.id, from: .offset(offset))
        while offset < end, reading.isGoingOn {
            let limit = min(Int(clamping: end - offset), Self.stepBytes)
            guard let chunks = try await feed.next(limit: limit) else { break }
            for chunk in chunks where chunk.offset < end {
                lines.append(chunk) { accept($0, of: job, &reading, &found, &count) }
            }
            bytes += Int64(chunks.reduce(0) { $0 + $1.bytes.readableBytes })
            offset = chunks.last?.end ?? end
            if bytes >= mostBytes { reading.stopsAtNextLine = true }
        }
        if reading.isGoingOn { lines.finish { accept($0, of: job, &reading, &found, &count) } }
        if let stop = reading.stop { rest = SearchCursor(within: JobCursor(job), at: stop) }
    }

    /// Where the reading of a part stands.
    private struct Reading {
        let first: Int64
        var stopsAtNextLine = false
        /// Enough lines of this job.
        var isDone = false
        /// The line at which the search ran out of what it may read.
        var stop: SearchCursor.Line?

        var isGoingOn: Bool { !isDone && stop == nil }
    }

    private mutating func accept(
        _ line: TextLine, of job: Job, _ reading: inout Reading, _ found: inout [Hit], _ count: inout Int
    ) {
        guard reading.isGoingOn else { return }
        let number = reading.first + line.number - 1
        if reading.stopsAtNextLine {
            reading.stop = SearchCursor.Line(offset: line.offset, number: number)
            return
        }
        guard let excerpt = search.hit(in: line.text) else { return }
        found.append(Hit(job: job, place: .line(offset: line.offset, number: number), excerpt: excerpt))
        count += 1
        reading.isDone = count >= Self.linesPerJob || hits + found.count >= limit
    }
}
