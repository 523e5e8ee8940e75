import Foundation

/// How far a search of all jobs has come: behind a job, or within the output of one.
package struct SearchCursor: Hashable, Sendable, LosslessStringConvertible {
    package let job: JobCursor
    /// Nil behind the job; otherwise the line to go on with.
    package let within: Line?

    package struct Line: Hashable, Sendable {
        package let offset: Int64
        package let number: Int64
    }

    init(behind job: JobCursor) {
        self.job = job
        within = nil
    }

    init(within job: JobCursor, at line: Line) {
        self.job = job
        within = line
    }

    /// Returns nil for text that ``description`` cannot have made.
    package init?(_ description: String) {
        let parts = description.split(separator: "~", omittingEmptySubsequences: false)
        guard let first = parts.first, let job = JobCursor(String(first)) else { return nil }
        switch parts.count {
        case 1: self.init(behind: job)
        case 3:
            guard let offset = Int64(parts[1]), let number = Int64(parts[2]), offset >= 0, number >= 1 else {
                return nil
            }
            self.init(within: job, at: Line(offset: offset, number: number))
        default: return nil
        }
    }

    package var description: String {
        within.map { "\(job)~\($0.offset)~\($0.number)" } ?? "\(job)"
    }
}
