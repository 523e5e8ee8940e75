import CPTY
import Foundation
import Synchronization

/// A child of this process, in a session of its own.
final class LocalProcess: RunningProcess {
    let processID: Int32
    let outputs: [any ProcessOutput]

    private let input: TerminalInput?
    private let descriptorOutputs: [DescriptorOutput]
    private let handle: Descriptor
    private let poller: DescriptorPoller
    private let job: JobID
    private let ended: Mutex<ProcessTermination?> = Mutex(nil)
    private let watches = Mutex<[Task<Void, Never>]>([])
    /// Linux counts a child's peak memory from its start, when it still shares the memory of this process (vfork(2)). A peak
    /// that is no larger than ours was at that time is therefore not the child's own.
    private let inheritedPeak: Int64

    init(
        processID: Int32, job: JobID, outputs: [DescriptorOutput], input: TerminalInput?, poller: DescriptorPoller
    ) throws(LaunchError) {
        let number = cpty_open_process(processID)
        guard number >= 0 else { throw LaunchError(doing: "opening a process") }
        self.handle = Descriptor(number)
        var own = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
        inheritedPeak = ResourceUsage(own).maxResidentBytes
        self.processID = processID
        self.job = job
        self.outputs = outputs
        self.descriptorOutputs = outputs
        self.input = input
        self.poller = poller
        try poller.add(number)
    }

    var terminal: (any ProcessTerminal)? { input }

    func termination() async -> ProcessTermination? {
        while true {
            if let termination = reap() { return termination }
            if Task.isCancelled { return nil }
            await poller.readable(handle.number)
        }
    }

    func whenEnded(_ act: @escaping @Sendable (ProcessTermination) -> Void) {
        let watch = Task {
            if let termination = await termination() { act(termination) }
        }
        watches.withLock { $0.append(watch) }
    }

    func signalTree(_ signal: Int32) async {
        tree.signal(signal)
    }

    func treeEnd() async {
        guard await termination() != nil else { return }
        await tree.end(poller: poller)
    }

    func survivors() async -> [Int32] {
        // Most jobs leave nobody behind, and asking for the group is one call, where a look at every process is hundreds. A
        // process that left the group by itself is not looked for here.
        if ended.withLock({ $0 }) != nil, kill(-processID, 0) != 0, errno == ESRCH { return [] }
        return tree.processes()
    }

    var endRemark: String? { JobCgroup(job).endRemark }

    func close() async {
        defer { JobCgroup(job).remove() }
        // Or they would wait on a descriptor that is somebody else's by then.
        for watch in watches.withLock({ exchange(&$0, with: []) }) {
            watch.cancel()
            await watch.value
        }
        input?.close()
        for output in descriptorOutputs { output.close() }
        poller.remove(handle.number)
        handle.close()
    }

    /// Once the process is reaped its number may be given to somebody else, who may lead a session with it: from then on
    /// only the marker counts.
    private var tree: ProcessTree {
        ProcessTree(job: job, session: ended.withLock { $0 } == nil ? processID : nil)
    }

    private func reap() -> ProcessTermination? {
        ended.withLock { ended in
            if let ended { return ended }
            var status: Int32 = 0
            var usage = rusage()
            guard wait4(processID, &status, WNOHANG, &usage) == processID else { return nil }
            var used = ResourceUsage(usage)
            if used.maxResidentBytes <= inheritedPeak { used.maxResidentBytes = 0 }
            ended = ProcessTermination(exit: ProcessExit(waitStatus: status), usage: used)
            return ended
        }
    }
}

extension ResourceUsage {
    init(_ usage: rusage) {
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000 }
        self.init(
            userSeconds: seconds(usage.ru_utime), systemSeconds: seconds(usage.ru_stime),
            maxResidentBytes: Int64(usage.ru_maxrss) * 1024,
            // In blocks of 512 bytes, as getrusage(2) counts on Linux.
            readBytes: Int64(usage.ru_inblock) * 512, writtenBytes: Int64(usage.ru_oublock) * 512)
    }
}
