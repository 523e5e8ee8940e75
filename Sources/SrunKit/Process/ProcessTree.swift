import CPTY
import Foundation

/// Finds the processes of a job: those in its session, those that left the session but carry its marker, and those in its control
/// group, if it has one.
///
/// Every process of a job inherits `SRUN_JOB_ID`, unless it takes pains to drop it. The marker in /proc/PID/environ
/// (proc(5)) is what a process was started with, so it cannot be lost by accident, and it holds also for an orphan
/// whose parent is gone.
struct ProcessTree: Sendable {
    static let marker = "SRUN_JOB_ID"
    private static let looks = 5

    let job: JobID
    /// The session that the job's process leads, while that number is known to be its own.
    let session: Int32?
    /// When the process began that led it, as ``beginning(of:)`` said while that was certain.
    private let began: UInt64?
    private let group: JobCgroup

    init(job: JobID, session: Int32?, began: UInt64? = nil, group: JobCgroup? = nil) {
        self.job = job
        self.session = session
        self.began = began
        self.group = group ?? JobCgroup(job)
    }

    /// The processes that are alive now. One scan of /proc: a process forked meanwhile may be missing, so callers that
    /// must be sure look again.
    func processes() -> [Int32] {
        guard let entries = opendir("/proc") else { return [] }
        defer { closedir(entries) }
        let expected = Array("\(Self.marker)=\(job)".utf8)
        let members = group.processes
        let session = ownSession
        var found: [Int32] = []
        while let entry = readdir(entries) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let process = Int32(name), process != getpid(), let status = Self.status(of: process) else {
                continue
            }
            // Session 0 belongs to the kernel's own threads.
            if status.isZombie || status.session == 0 { continue }
            if status.session == session || members.contains(process) {
                found.append(process)
            } else if Self.environment(of: process, contains: expected) {
                found.append(process)
            }
        }
        return found
    }

    /// Sends a signal to every process of the tree, each through a descriptor of its own, so that a number which
    /// changes hands meanwhile hits nobody else.
    func signal(_ signal: Int32) {
        if signal == SIGKILL { group.kill() }
        for process in processes() {
            guard let descriptor = handle(of: process) else { continue }
            _ = cpty_signal_process(descriptor.number, signal)
        }
    }

    /// Waits until no process of the tree is alive, or the task is cancelled.
    func end(poller: DescriptorPoller) async {
        while !Task.isCancelled {
            let handles = processes().compactMap { handle(of: $0) }
            if handles.isEmpty { return }
            for handle in handles {
                guard (try? poller.add(handle.number)) != nil else { continue }
                await poller.readable(handle.number)
                poller.remove(handle.number)
            }
        }
    }

    /// Kills the tree, and waits a little until it is gone.
    ///
    /// - Returns: How many processes were found.
    func sweep(poller: DescriptorPoller) async -> Int {
        var found: Set<Int32> = []
        // Again until nothing is found: what was being forked during one look is there at the next.
        for _ in 0..<5 {
            let processes = processes()
            if processes.isEmpty { break }
            found.formUnion(processes)
            signal(SIGKILL)
            for handle in processes.compactMap({ handle(of: $0) }) {
                guard (try? poller.add(handle.number)) != nil else { continue }
                _ = await race(clock: .continuous, limit: .seconds(2)) { await poller.readable(handle.number) }
                poller.remove(handle.number)
            }
        }
        return found.count
    }

    /// A pidfd of the process, if that number still belongs to the tree.
    func handle(of process: Int32) -> Descriptor? {
        let number = cpty_open_process(process)
        guard number >= 0 else { return nil }
        let descriptor = Descriptor(number)
        // Looked at again after it was opened: from here on the descriptor cannot mean another process.
        guard let status = Self.status(of: process), !status.isZombie else { return nil }
        let isMember =
            ownSession == status.session
            || Self.environment(of: process, contains: Array("\(Self.marker)=\(job)".utf8))
            || group.processes.contains(process)
        return isMember ? descriptor : nil
    }

    /// The session, unless its number leads another one by now: the kernel gives a number anew only when no process is left in its
    /// session, so then none of ours is.
    private var ownSession: Int32? {
        guard let session, let began, let present = Self.beginning(of: session) else { return session }
        return present == began ? session : nil
    }

    /// When a process began, in ticks since the system did; nil when there is none.
    static func beginning(of process: Int32) -> UInt64? {
        guard let fields = fields(of: process, count: 20), fields.count > 19 else { return nil }
        return UInt64(String(decoding: fields[19], as: UTF8.self))
    }

    /// How long a process is there, to a hundredth of a second, whatever the time of day was set to; nil when there is none.
    static func age(of process: Int32) -> Duration? {
        guard let beginning = beginning(of: process) else { return nil }
        var now = timespec()
        let perSecond = sysconf(Int32(_SC_CLK_TCK))
        guard clock_gettime(CLOCK_BOOTTIME, &now) == 0, perSecond > 0 else { return nil }
        let uptime = Duration.seconds(now.tv_sec) + .nanoseconds(now.tv_nsec)
        return max(.zero, uptime - .seconds(Double(beginning) / Double(perSecond)))
    }

    /// Whether a process is held by SIGSTOP.
    static func isHeld(_ process: Int32) -> Bool {
        fields(of: process, count: 1)?.first?.elementsEqual("T".utf8) ?? false
    }

    private struct Status {
        let session: Int32
        let isZombie: Bool
    }

    private static func status(of process: Int32) -> Status? {
        guard let fields = fields(of: process, count: 4), fields.count > 3,
            let session = Int32(String(decoding: fields[3], as: UTF8.self))
        else { return nil }
        return Status(
            session: session, isZombie: fields[0].elementsEqual("Z".utf8) || fields[0].elementsEqual("X".utf8))
    }

    /// The fields of /proc/PID/stat from the third on (proc(5)): state, parent, group, session; the time of its beginning is the
    /// twentieth of them. The second is a name in parentheses that may itself hold anything, so counting starts behind the last one.
    ///
    /// - Parameter count: How many are wanted; one more may come, with all that is left in it.
    private static func fields(of process: Int32, count: Int) -> [ArraySlice<UInt8>]? {
        guard let content = KernelFile.bytes("/proc/\(process)/stat", limit: 4096),
            let name = content.lastIndex(of: UInt8(ascii: ")"))
        else { return nil }
        return content[content.index(after: name)...].split(separator: UInt8(ascii: " "), maxSplits: count)
    }

    /// False as well for processes of other users, whose environment is not ours to read.
    private static func environment(of process: Int32, contains entry: [UInt8]) -> Bool {
        // In the middle of execve(2) the environment looks empty for some microseconds. A process that is just becoming
        // another program must not be overlooked; one that really has none costs a few more looks.
        for _ in 0..<Self.looks {
            guard let content = KernelFile.bytes("/proc/\(process)/environ", limit: 1 << 20) else { return false }
            if !content.isEmpty { return content.split(separator: 0).contains { $0.elementsEqual(entry) } }
            usleep(50)
        }
        return false
    }
}
