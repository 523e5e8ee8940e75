/// A keeper that stays: who is served, and what becomes of the jobs when nobody is.
extension KeeperMachine {
    mutating func attached(_ process: Int32) -> [Action] {
        owner = process
        hasFront = true
        hasServed = false
        usesNewest = false
        restarts = 0
        failuresInARow = 0
        workers[.current] = Worker()
        return [.startWorker(.current, newest: false)]
    }

    /// Ends the server, and keeps the jobs.
    mutating func leave() -> [Action] {
        let isFirst = ending == .no
        ending = .leaving
        var actions: [Action] = []
        if workers.removeValue(forKey: .next) != nil { actions += [.killWorker(.next), .cancel(.upgrade)] }
        guard let worker = workers[.current] else { return actions + rest(0) }
        workers[.current]?.isLeaving = true
        guard isFirst, worker.isWelcome else { return actions + [.killWorker(.current)] }
        return actions + [.set(.upgrade, milliseconds: Self.leaveLimit)] + tell(.leave(isLast: true))
    }

    mutating func frontGone() -> [Action] {
        hasFront = false
        switch ending {
        case .no: return terms.leavesJobs ? leave() : endRequested()
        case .asked, .hurried, .leaving: return []
        }
    }

    mutating func cannotBeFound() -> [Action] {
        terms.leavesJobs = false
        return []
    }

    /// Waits for the next start: with what runs, and with the ends that nobody has written down.
    mutating func rest(_ code: Int32) -> [Action] {
        if jobs.isEmpty { return [.exit(code)] }
        ending = .no
        hasFront = false
        restartIsDue = false
        let listeners = keptNames.filter { $0.hasPrefix(KeeperProgram.listenerPrefix) }
        keptNames.removeAll { listeners.contains($0) }
        return listeners.map { .drop($0) } + [
            .cancel(.restart), .cancel(.upgrade),
            .say(
                "\(liveJobs) jobs go on in the keeper, process \(keeper); the next srun with this state folder takes them"
            ),
            .rest(code),
        ]
    }
}
