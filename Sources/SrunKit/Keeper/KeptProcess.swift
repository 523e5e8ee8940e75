import Foundation
import NIOCore

/// A child of the keeper. What waits for its end survives the end of a worker; this object does not.
final class KeptProcess: RunningProcess {
    let processID: Int32
    let outputs: [any ProcessOutput]
    let note: String

    private let job: JobID
    private let group: JobCgroup?
    private let began: UInt64?
    private let ring: SharedRing
    private let output: KeptOutput
    private let input: TerminalInput?
    private let end: OneShot<KeptEnd>
    private let client: KeeperClient
    private let poller: DescriptorPoller

    /// - Parameters:
    ///   - isNew: Whether it was started for this worker, not for an earlier one.
    ///   - group: Nil when it has none.
    init(
        _ handover: KeeperClient.Handover, isNew: Bool, group: JobCgroup?, client: KeeperClient,
        poller: DescriptorPoller
    ) throws(LaunchError) {
        let descriptors = handover.descriptors
        ring = try SharedRing(
            memory: descriptors[KeeperSpawn.Place.ring], stagingOut: descriptors[KeeperSpawn.Place.stagingOut],
            stagingIn: descriptors[KeeperSpawn.Place.stagingIn], isNew: isNew)
        let first = descriptors[KeeperSpawn.Place.output]
        if handover.job.isTerminal {
            input = try TerminalInput(first.duplicate(), poller: poller)
            output = try KeptOutput([(first, .output)], ring: ring, poller: poller)
        } else {
            input = nil
            output = try KeptOutput(
                [(first, .output), (descriptors[KeeperSpawn.Place.error], .error)], ring: ring, poller: poller)
        }
        job = handover.job.job
        self.group = group
        processID = handover.job.processID
        began = client.beginning(of: job)
        note = handover.job.note
        outputs = [output]
        end = client.end(of: job)
        self.client = client
        self.poller = poller
    }

    var terminal: (any ProcessTerminal)? { input }
    var journal: (any OutputJournal)? { ring }

    func termination() async -> ProcessTermination? { await end.value()?.termination }

    func whenEnded(_ act: @escaping @Sendable (ProcessTermination) -> Void) {
        end.whenFulfilled { act($0.termination) }
    }

    var isHeld: Bool { end.current == nil && ProcessTree.isHeld(processID) }

    var endRemark: String? { group?.endRemark }

    func signalTree(_ signal: Int32) async { tree.signal(signal) }

    func treeEnd() async {
        guard await termination() != nil else { return }
        await tree.end(poller: poller)
    }

    func survivors() async -> [Int32] {
        if end.current != nil, kill(-processID, 0) != 0, errno == ESRCH { return [] }
        return tree.processes()
    }

    func remember(_ note: String) { client.note(note, about: job) }

    func close() async {
        input?.close()
        output.close()
        client.release(job)
        group?.remove()
    }

    /// See ``LocalProcess``: once the process is reaped, only the marker counts.
    private var tree: ProcessTree {
        ProcessTree(job: job, session: end.current == nil ? processID : nil, began: began)
    }
}
