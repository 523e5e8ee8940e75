import Foundation

/// Jobs as a table for people. What the jobs' owners wrote cannot break it: control characters are made visible.
struct JobTable {
    let jobs: [JobSummary]
    let now: Date
    /// Of the terminal; longer lines are cut. Nil keeps them whole.
    let width: Int?

    /// Where a job runs is of interest when not all run at one place.
    private var showsNodes: Bool { Set(jobs.compactMap(\.node)).count > 1 }

    private var headings: [String] {
        ["ID", "STATUS", "EXIT", "AGE", "TIME"] + (showsNodes ? ["NODE"] : []) + ["COMMAND"]
    }

    var text: String {
        let rows = [headings] + jobs.map(row)
        let widths = headings.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let line = zip(row, widths).map { cell, width in
                cell.padding(toLength: max(width, cell.count), withPad: " ", startingAt: 0)
            }
            return cut(line.joined(separator: "  "))
        }.joined()
    }

    private func cut(_ line: String) -> String {
        var line = line
        while line.last == " " { line.removeLast() }
        if let width, line.count > width { line = String(line.prefix(max(width - 1, 1))) + "…" }
        return line + "\n"
    }

    private func row(_ job: JobSummary) -> [String] {
        let title = job.name.map { "\($0): " } ?? ""
        let status =
            job.unknown == true
            ? "unknown" : job.stopping == true ? "stopping" : job.paused == true ? "paused" : job.status
        let signal = job.signal.map { "SIG\($0)" } ?? "-"
        let age = APITime.date(job.createdAt).map { now.timeIntervalSince($0) }
        var cells: [String] = [job.id, status, job.exitCode.map(String.init) ?? signal]
        cells.append(age.map(Self.span) ?? "-")
        cells.append(duration(job).map(Self.span) ?? "-")
        if showsNodes { cells.append(job.node ?? "-") }
        cells.append(title + job.command)
        return cells.map(\.withoutControlCharacters)
    }

    private func duration(_ job: JobSummary) -> TimeInterval? {
        if let measured = job.durationSeconds { return measured }
        guard let start = APITime.date(job.startedAt) else { return nil }
        return (APITime.date(job.completedAt) ?? now).timeIntervalSince(start)
    }

    /// A length of time in at most five characters: `0.4s`, `12s`, `3m05s`, `2h10m`, `5d`.
    static func span(_ interval: TimeInterval) -> String {
        let seconds = Int(max(0, interval))
        return switch seconds {
        case ..<10: String(format: "%.1fs", max(0, interval))
        case ..<60: "\(seconds)s"
        case ..<3600: "\(seconds / 60)m" + String(format: "%02ds", seconds % 60)
        case ..<86_400: "\(seconds / 3600)h" + String(format: "%02dm", seconds % 3600 / 60)
        default: "\(seconds / 86_400)d"
        }
    }
}
