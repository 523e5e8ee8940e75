import Foundation

/// What all processes of this machine use, read once for all jobs.
///
/// A process belongs to a job when it is in its session or descends from it; one that has left both is not counted.
struct ProcessUsage {
    private struct Entry {
        let parent: Int32
        let session: Int32
        let cpuTicks: Int64
        let residentPages: Int64
    }

    private var entries: [Int32: Entry] = [:]

    init() {
        guard let folder = opendir("/proc") else { return }
        defer { closedir(folder) }
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if let process = Int32(name) { entries[process] = Self.entry(process) }
        }
    }

    /// By the process that each job started with.
    func samples(of leaders: [JobID: Int32], at time: Date) -> [JobID: UsageSample] {
        let jobs = Dictionary(leaders.map { ($1, $0) }) { first, _ in first }
        var members: [JobID: [Int32]] = [:]
        for process in entries.keys {
            if let job = job(of: process, jobs) { members[job, default: []].append(process) }
        }
        let tick = Double(sysconf(Int32(_SC_CLK_TCK)))
        let page = Int64(sysconf(Int32(_SC_PAGESIZE)))
        return members.mapValues { processes in
            var sample = UsageSample(
                time: time, cpuSeconds: 0, memoryBytes: 0, readBytes: 0, writtenBytes: 0, processes: processes.count)
            for process in processes {
                guard let entry = entries[process] else { continue }
                sample.cpuSeconds += Double(entry.cpuTicks) / tick
                sample.memoryBytes += entry.residentPages * page
                let (read, written) = Self.transferred(by: process)
                sample.readBytes += read
                sample.writtenBytes += written
            }
            return sample
        }
    }

    private func job(of process: Int32, _ jobs: [Int32: JobID]) -> JobID? {
        var current = process
        // No tree of processes is so deep; a number that was given anew while we read could make a circle.
        for _ in 0..<64 {
            guard let entry = entries[current] else { return nil }
            if let job = jobs[entry.session] ?? jobs[current] { return job }
            current = entry.parent
        }
        return nil
    }

    /// /proc/PID/stat (proc(5)); the name in parentheses may hold anything.
    private static func entry(_ process: Int32) -> Entry? {
        guard let content = content(of: "/proc/\(process)/stat"), let name = content.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        let fields = content[content.index(after: name)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 21 else { return nil }
        func number(_ field: Int) -> Int64 { Int64(String(decoding: fields[field - 3], as: UTF8.self)) ?? 0 }
        return Entry(
            parent: Int32(clamping: number(4)), session: Int32(clamping: number(6)),
            // Its own, and that of the children it has waited for.
            cpuTicks: number(14) + number(15) + number(16) + number(17), residentPages: number(24))
    }

    private static func transferred(by process: Int32) -> (read: Int64, written: Int64) {
        guard let content = content(of: "/proc/\(process)/io") else { return (0, 0) }
        var read: Int64 = 0
        var written: Int64 = 0
        for line in String(decoding: content, as: UTF8.self).split(separator: "\n") {
            let parts = line.split(separator: " ")
            guard parts.count == 2, let value = Int64(parts[1]) else { continue }
            if parts[0] == "read_bytes:" { read = value }
            if parts[0] == "write_bytes:" { written = value }
        }
        return (read, written)
    }

    private static func content(of path: String) -> [UInt8]? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 2048)
        let count = read(descriptor, &bytes, bytes.count)
        return count > 0 ? Array(bytes.prefix(count)) : nil
    }
}
