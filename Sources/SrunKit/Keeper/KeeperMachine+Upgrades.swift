/// Another version in the place of the one that serves.
extension KeeperMachine {
    mutating func upgrade() -> [Action] {
        guard ending == .no, workers[.current]?.isReady == true, workers[.next] == nil else {
            return tell(.upgradeRefused("the server is just starting, ending or being upgraded")) + [
                .say("no upgrade now: the server is just starting, ending or being upgraded")
            ]
        }
        workers[.next] = Worker()
        return [.startWorker(.next, newest: true), .set(.upgrade, milliseconds: Self.upgradeLimit)]
    }

    mutating func nextFailed(_ reason: String) -> [Action] {
        guard workers.removeValue(forKey: .next) != nil else { return [] }
        return [.cancel(.upgrade), .say("no upgrade: \(reason)")] + tell(.upgradeRefused(reason))
    }

    mutating func upgradeTimeOver() -> [Action] {
        if ending == .leaving { return [.killWorker(.current)] }
        guard let next = workers[.next] else { return [] }
        // The old one was told to leave and does not: what it still does is not worth more than the jobs of the new one.
        if next.hasSaidHello { return [.killWorker(.current)] }
        return nextFailed("the new version does not begin") + [.killWorker(.next)]
    }
}
