import CPTY
import Foundation

/// The keeper: a small process without threads that is the parent of every job and of the server, and outlives the server.
///
/// It does what ``KeeperMachine`` decides. It holds, for each job, the terminal or pipes, the ring, and a handle of the process; it
/// reads no output and knows no store.
final class KeeperLoop {
    private struct WorkerLink {
        var processID: Int32
        var channel: KeeperChannel
        /// What the socket did not take at once.
        var outbox: [(bytes: [UInt8], descriptors: [Descriptor])] = []
    }

    enum Outcome {
        case exit(Int32)
        /// Another keeper is to have the jobs, and this process hands on signals; with the folder where that keeper is found.
        case front(String)
    }

    private var program: KeeperProgram
    private let jobDescriptors: SpawnOrder.Limit?
    /// Nil for a keeper that ends with the process that somebody has started, because it is that process.
    private let door: FrontDoor?
    private var machine: KeeperMachine
    let signals: Descriptor
    private var links: [KeeperMachine.Slot: WorkerLink] = [:]
    private var descriptors: [JobID: [Descriptor]] = [:]
    private var kept: [String: Descriptor] = [:]
    private var deadlines: [KeeperMachine.Timer: UInt64] = [:]
    private var outcome: Outcome?

    /// A worker that floods the keeper while it does not read is cut.
    private static let outboxLimit = 65_536

    init(program: KeeperProgram, jobDescriptors: SpawnOrder.Limit?, door: FrontDoor? = nil) throws(LaunchError) {
        self.program = program
        self.jobDescriptors = jobDescriptors
        self.door = door
        machine = KeeperMachine(owner: getpid(), stays: door != nil)
        let numbers = [SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGUSR1]
        let number = cpty_open_signals(numbers, numbers.count)
        guard number >= 0 else { throw LaunchError(doing: "watching for signals") }
        signals = Descriptor(number)
        guard cpty_become_subreaper() == 0 else { throw LaunchError(doing: "becoming the parent of orphans") }
    }

    func run() -> Outcome {
        if door == nil { perform(machine.start()) }
        while true {
            wait()
            if let outcome { return outcome }
        }
    }

    // MARK: Waiting

    private func wait() {
        let slots = Array(links.keys)
        var polls = [pollfd(fd: signals.number, events: Int16(POLLIN), revents: 0)]
        for slot in slots {
            guard let link = links[slot] else { continue }
            let events = POLLIN | (link.outbox.isEmpty ? 0 : POLLOUT)
            polls.append(pollfd(fd: link.channel.descriptor.number, events: Int16(events), revents: 0))
        }
        let visited = polls.count
        for number in door?.descriptors ?? [] { polls.append(pollfd(fd: number, events: Int16(POLLIN), revents: 0)) }
        guard poll(&polls, nfds_t(polls.count), pause) >= 0 || errno == EINTR else {
            // Nothing sensible can be waited for any more.
            outcome = .exit(71)
            return
        }
        // What has ended first, and then one message: to start a process takes far longer than to tell of an end, and who waits for
        // an end must not have to wait for all the starts that were asked for meanwhile.
        if polls[0].revents != 0 { takeSignals() }
        for (slot, entry) in zip(slots, polls.dropFirst()) where entry.revents != 0 {
            flush(slot)
            readMessage(of: slot)
        }
        if polls.dropFirst(visited).contains(where: { $0.revents != 0 }) { takeVisits() }
        admit()
        let now = Self.now
        for (timer, deadline) in deadlines where deadline <= now {
            deadlines[timer] = nil
            handle(.timeOver(timer))
        }
    }

    private var pause: Int32 {
        guard let next = deadlines.values.min() else { return -1 }
        let now = Self.now
        return next <= now ? 0 : Int32(clamping: (next - now + 999_999) / 1_000_000)
    }

    /// Nanoseconds.
    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private func takeVisits() {
        for event in door?.events({ self.presence }) ?? [] {
            switch event {
            case .endRequested: handle(.frontEndRequested)
            case .upgradeRequested: handle(.upgradeRequested)
            case .reload: reload()
            case .gone: handle(.frontGone)
            }
        }
    }

    private var presence: KeeperPresence {
        KeeperPresence(process: getpid(), server: machine.server, jobs: machine.jobs.count, store: machine.store)
    }

    /// Serves whoever wants it, one after the other.
    private func admit() {
        guard let door, outcome == nil else { return }
        if machine.server == nil, let (attachment, descriptors) = door.admit(presence) {
            do throws(LaunchError) {
                program = try KeeperProgram.taking(attachment, descriptors)
                handle(.attached(attachment.process))
            } catch {
                say("\(error)")
                door.release(code: 71)
            }
        }
        // Nothing to keep, and nobody who could ever want something.
        if !door.isReachable, machine.jobs.isEmpty, machine.server == nil { outcome = .exit(0) }
    }

    private func reload() {
        if let worker = links[.current]?.processID { kill(worker, SIGUSR1) }
    }

    private func takeSignals() {
        var hasChildren = false
        while true {
            switch cpty_next_signal(signals.number) {
            case 0:
                if hasChildren { reap() }
                return
            case SIGCHLD: hasChildren = true
            case SIGHUP: handle(.upgradeRequested)
            case SIGUSR1: reload()
            default: handle(.endRequested)
            }
        }
    }

    private func reap() {
        while true {
            var status: Int32 = 0
            var usage = rusage()
            let process = wait4(-1, &status, WNOHANG, &usage)
            guard process > 0 else { return }
            guard let slot = links.first(where: { $0.value.processID == process })?.key else {
                handle(.jobEnded(processID: process, KeptEnd(waitStatus: status, usage, inheritedPeak: Self.peak)))
                continue
            }
            // What it still had to say counts.
            while readMessage(of: slot) {}
            links[slot] = nil
            let signal = status & 0x7f
            handle(.workerEnded(slot, signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)))
        }
    }

    /// The most memory this process ever had: what a child shows as its own peak before it executes its program.
    private static var peak: Int64 {
        var own = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
        return Int64(own.ru_maxrss) * 1024
    }

    // MARK: Messages

    /// - Returns: Whether there was one.
    @discardableResult
    private func readMessage(of slot: KeeperMachine.Slot) -> Bool {
        guard let link = links[slot], case .message(let received) = link.channel.receive() else { return false }
        guard let message = try? WorkerMessage(bytes: received.bytes) else {
            say("the server sent what is no message")
            kill(link.processID, SIGKILL)
            return false
        }
        switch message {
        case .keep(let name):
            guard let descriptor = received.descriptors.first else {
                say("a descriptor of the server could not be kept")
                return true
            }
            kept[name] = descriptor
        case .drop(let name): kept[name] = nil
        default: break
        }
        handle(.message(message, from: slot))
        return true
    }

    private func send(_ message: KeeperMessage, to slot: KeeperMachine.Slot) {
        guard links[slot] != nil else { return }
        var attached: [Descriptor] = []
        switch message {
        case .kept(let name): attached = kept[name].map { [$0] } ?? []
        case .job(let job), .spawned(_, let job): attached = descriptors[job.job] ?? []
        default: break
        }
        links[slot]?.outbox.append((message.bytes, attached))
        flush(slot)
    }

    private func flush(_ slot: KeeperMachine.Slot) {
        guard var link = links[slot] else { return }
        while let first = link.outbox.first {
            guard link.channel.send(first.bytes, first.descriptors) == .sent else { break }
            link.outbox.removeFirst()
        }
        if link.outbox.count > Self.outboxLimit { kill(link.processID, SIGKILL) }
        links[slot] = link
    }

    // MARK: Doing

    private func handle(_ event: KeeperMachine.Event) {
        perform(machine.handle(event))
    }

    private func perform(_ actions: [KeeperMachine.Action]) {
        for action in actions {
            switch action {
            case .startWorker(let slot, let newest): startWorker(slot, newest: newest)
            case .killWorker(let slot): if let link = links[slot] { kill(link.processID, SIGKILL) }
            case .promote:
                links[.current] = links[.next]
                links[.next] = nil
            case .send(let message, let slot): send(message, to: slot)
            case .spawn(let request, let order): spawn(request, order)
            case .forget(let job): descriptors[job] = nil
            case .set(let timer, let milliseconds): deadlines[timer] = Self.now + UInt64(milliseconds) * 1_000_000
            case .cancel(let timer): deadlines[timer] = nil
            case .killJobs: killJobs()
            case .say(let text): say(text)
            case .exit(let code):
                door?.close()
                // Before anybody is told that it is over: the next start may want the same.
                kept.removeAll()
                door?.release(code: code)
                outcome = .exit(code)
            case .becomeFront(let folder): becomeFront(folder)
            case .openDoor(let folder): openDoor(folder)
            case .rest(let code):
                door?.release(code: code)
                KeeperProgram.letGo()
            case .drop(let name): kept[name] = nil
            }
        }
    }

    private func becomeFront(_ folder: String) {
        // It has touched nothing yet.
        for link in links.values {
            kill(link.processID, SIGKILL)
            waitpid(link.processID, nil, 0)
        }
        links.removeAll()
        outcome = .front(folder)
    }

    private func openDoor(_ folder: String) {
        do throws(LaunchError) {
            try door?.open(in: folder)
        } catch {
            say("jobs will not be left to the next start: \(error)")
            handle(.cannotBeFound)
        }
    }

    private func startWorker(_ slot: KeeperMachine.Slot, newest: Bool) {
        do throws(LaunchError) {
            let (processID, channel) = try program.startWorker(newest: newest)
            links[slot] = WorkerLink(processID: processID, channel: channel)
        } catch {
            say("the server cannot be started: \(error)")
            handle(.workerEnded(slot, .code(71)))
        }
    }

    private func spawn(_ request: UInt32, _ order: SpawnOrder) {
        do throws(LaunchError) {
            let (job, attached) = try KeeperSpawn.start(order, descriptorLimit: jobDescriptors)
            descriptors[order.job] = attached
            handle(.spawned(request: request, job))
        } catch {
            handle(.spawnFailed(request: request, errorNumber: error.errorNumber, reason: error.description))
        }
    }

    /// The last resort, when no worker is there to stop them properly.
    private func killJobs() {
        for job in machine.jobs.values {
            let tree = ProcessTree(job: job.job, session: job.end == nil ? job.processID : nil)
            for _ in 0..<3 {
                if tree.processes().isEmpty { break }
                tree.signal(SIGKILL)
                while waitpid(-1, nil, WNOHANG) > 0 {}
                usleep(2000)
            }
        }
        descriptors.removeAll()
    }

    private func say(_ text: String) {
        let line = Array("srun: \(text)\n".utf8)
        _ = write(STDERR_FILENO, line, line.count)
    }
}

extension KeptEnd {
    init(waitStatus: Int32, _ usage: rusage, inheritedPeak: Int64) {
        self.init(waitStatus: waitStatus)
        userMicroseconds = Int64(usage.ru_utime.tv_sec) * 1_000_000 + Int64(usage.ru_utime.tv_usec)
        systemMicroseconds = Int64(usage.ru_stime.tv_sec) * 1_000_000 + Int64(usage.ru_stime.tv_usec)
        let peak = Int64(usage.ru_maxrss) * 1024
        peakBytes = peak > inheritedPeak ? peak : 0
        // In blocks of 512 bytes, as getrusage(2) counts on Linux.
        readBytes = Int64(usage.ru_inblock) * 512
        writtenBytes = Int64(usage.ru_oublock) * 512
    }
}
