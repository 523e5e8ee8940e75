public import SrunKit
import Synchronization

extension MemoryStore: JobStore {
    public func insert(_ job: Job) async throws(StoreError) {
        let isNew = state.withLock { state in
            guard state.records[job.id] == nil, state.mayTry(job.spec.retry?.of) else { return false }
            state.records[job.id] = Record(job: job)
            let cursor = JobCursor(job)
            state.order.insert(cursor, at: state.position(of: cursor))
            if let origin = job.spec.retry?.of { state.settleRetry(of: origin) }
            return true
        }
        if !isNew { throw StoreError(.alreadyExists, "There is a job \(job.id) already.") }
    }

    public func advance(_ id: JobID, to next: JobState) async throws(StoreError) {
        try state.withLock { (state) throws(StoreError) in
            guard let present = state.records[id]?.job.state else { throw .jobNotFound(id) }
            guard present.mayAdvance(to: next) else {
                throw StoreError(
                    .illegalTransition(from: present.status),
                    "Job \(id) is \(present.status.rawValue) and cannot become \(next.status.rawValue).")
            }
            state.records[id]?.job.state = next
            if let end = next.end { state.records[id]?.job.outputBytes = end.outputBytes }
        }
    }

    public func job(_ id: JobID) async throws(StoreError) -> Job? {
        state.withLock { $0.records[id]?.current }
    }

    public func jobs(_ query: JobQuery) async throws(StoreError) -> JobPage {
        let limit = min(max(query.limit, 1), JobQuery.maximumLimit)
        return state.withLock { state in
            var page = JobPage(jobs: [], next: nil)
            let end = query.after.map(state.position(of:)) ?? state.order.count
            for cursor in state.order[..<end].reversed() {
                guard let job = state.records[cursor.id]?.current, query.admits(job) else { continue }
                if page.jobs.count == limit {
                    page.next = page.jobs.last.map(JobCursor.init)
                    break
                }
                page.jobs.append(job)
            }
            return page
        }
    }

    public func unfinishedJobs(onNode node: String) async throws(StoreError) -> [Job] {
        state.withLock { state in
            state.order.compactMap { cursor in
                guard let job = state.records[cursor.id]?.current, job.node == node, !job.status.isFinal else {
                    return nil
                }
                return job
            }
        }
    }

    public func remove(_ id: JobID) async throws(StoreError) {
        // The output is given back outside the lock: freeing a large one takes a while.
        _ = try state.withLock { (state) throws(StoreError) -> Record in
            guard let record = state.records[id] else { throw .jobNotFound(id) }
            guard record.job.status.isFinal else {
                throw StoreError(
                    .illegalTransition(from: record.job.status),
                    "Job \(id) is \(record.job.status.rawValue); only a job that has ended can be removed.")
            }
            state.records[id] = nil
            state.order.remove(at: state.position(of: JobCursor(record.job)))
            state.outputBytes -= record.output.byteCount
            return record
        }
    }

    /// There is nothing to release before the store itself goes.
    public func close() async {}
}

extension MemoryStore.Record {
    var current: Job {
        var job = job
        if !job.status.isFinal { job.outputBytes = output.end }
        job.outputDropped = Int64(output.gap?.count ?? 0)
        return job
    }
}

extension JobQuery {
    fileprivate func admits(_ job: Job) -> Bool {
        guard statuses.isEmpty || statuses.contains(job.status) else { return false }
        if let tag, !job.spec.tags.contains(where: { $0.hasSameBytes(as: tag) }) { return false }
        if let node, !job.node.hasSameBytes(as: node) { return false }
        if let createdBy, job.createdBy?.hasSameBytes(as: createdBy) != true { return false }
        guard let text, !text.isEmpty else { return true }
        let wanted = text.utf8.map(\.lowercasedASCII)
        return ([job.spec.commandText, job.spec.name ?? "", job.id.text] + job.spec.tags).contains { field in
            field.utf8.map(\.lowercasedASCII).containsRun(wanted)
        }
    }
}

extension String {
    /// Swift takes two forms of "é" for the same text; a database does not.
    fileprivate func hasSameBytes(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension UInt8 {
    fileprivate var lowercasedASCII: UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) ? self | 0x20 : self
    }
}

extension [UInt8] {
    // Bytes, not characters: a search for "e" must find the e of a decomposed "é" in every store, or in none.
    fileprivate func containsRun(_ wanted: [UInt8]) -> Bool {
        guard count >= wanted.count else { return false }
        return (0...(count - wanted.count)).contains { self[$0...].starts(with: wanted) }
    }
}
