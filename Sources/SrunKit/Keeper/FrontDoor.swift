import CPTY
import Foundation

/// Where a keeper that stays is found, and the connections it has there: the front that is served, and whoever asks.
final class FrontDoor {
    enum Event {
        case endRequested
        case upgradeRequested
        case reload
        /// The front is gone without a word.
        case gone
    }

    private enum Word {
        case attach(Attachment, [Descriptor])
        case event(Event)
    }

    private var front: KeeperChannel?
    private var callers: [KeeperChannel] = []
    /// Who wants to be served, and waits until nobody else is.
    private var waiting: [(channel: KeeperChannel, attachment: Attachment, descriptors: [Descriptor])] = []
    private var listening: Descriptor?
    private var folder: String?

    private static let callerLimit = 16

    /// - Parameter first: The connection to the process that has started this keeper.
    init(first: KeeperChannel) {
        callers = [first]
    }

    /// Whether anybody could still attach.
    var isReachable: Bool { front != nil || !callers.isEmpty || !waiting.isEmpty || listening != nil }

    /// Listens in a state folder, if it does not yet.
    ///
    /// - Throws: ``LaunchError`` when another keeper is found there, or nobody could find this one.
    func open(in folder: String) throws(LaunchError) {
        guard listening == nil else { return }
        var number = cpty_listen_in(folder, KeeperPresence.socket)
        if number < 0, errno == EADDRINUSE {
            guard KeeperPresence.connect(in: folder) == nil else {
                throw LaunchError(errorNumber: EADDRINUSE, description: "another keeper is found in \(folder)")
            }
            // Left behind by one that was killed.
            unlink("\(folder)/\(KeeperPresence.socket)")
            number = cpty_listen_in(folder, KeeperPresence.socket)
        }
        guard number >= 0 else { throw LaunchError(doing: "listening in \(folder)") }
        listening = Descriptor(number)
        self.folder = folder
    }

    func close() {
        if listening != nil, let folder { unlink("\(folder)/\(KeeperPresence.socket)") }
        listening = nil
    }

    var descriptors: [Int32] {
        (callers + (front.map { [$0] } ?? [])).map(\.descriptor.number) + (listening.map { [$0.number] } ?? [])
    }

    /// What has come since the last call. Whoever connects is told the presence first.
    func events(_ presence: () -> KeeperPresence) -> [Event] {
        var events: [Event] = []
        // A second attachment by the same front is a mistake of its, and changes nothing.
        while let front, let word = Self.word(from: front) {
            guard case .event(let event) = word else { continue }
            events.append(event)
            if case .gone = event { self.front = nil }
        }
        for caller in callers {
            guard let word = Self.word(from: caller) else { continue }
            callers.removeAll { $0.descriptor === caller.descriptor }
            guard case .attach(let attachment, let descriptors) = word else { continue }
            if front != nil, let server = presence().server {
                let reason = "srun serves with this state folder already: process \(server)"
                _ = caller.send(FrontAnswer.refused(reason: reason).bytes)
            } else {
                waiting.append((caller, attachment, descriptors))
            }
        }
        while let listening {
            let number = cpty_accept(listening.number)
            guard number >= 0 else { break }
            let caller = KeeperChannel(descriptor: Descriptor(number))
            // Those who ask hang up at once; one that stays without a word makes place for others.
            if callers.count >= Self.callerLimit { callers.removeFirst() }
            guard cpty_peer_user(number) == geteuid() else { continue }
            if caller.send(FrontAnswer.presence(presence()).bytes) == .sent { callers.append(caller) }
        }
        return events
    }

    /// Nil when nothing has come.
    private static func word(from channel: KeeperChannel) -> Word? {
        switch channel.receive() {
        case .nothing: return nil
        case .gone: return .event(.gone)
        case .message(let received):
            switch try? FrontMessage(bytes: received.bytes) {
            case .attach(let attachment)? where received.descriptors.count == FrontMessage.Place.count:
                return .attach(attachment, received.descriptors)
            case .end?: return .event(.endRequested)
            case .upgrade?: return .event(.upgradeRequested)
            case .reload?: return .event(.reload)
            case .attach?, nil: return .event(.gone)
            }
        }
    }

    /// The next one that wants to be served, who is the front from now on, and is told so. Called while nobody is.
    func admit(_ presence: KeeperPresence) -> (attachment: Attachment, descriptors: [Descriptor])? {
        guard front == nil, !waiting.isEmpty else { return nil }
        let next = waiting.removeFirst()
        front = next.channel
        _ = next.channel.send(FrontAnswer.presence(presence).bytes)
        return (next.attachment, next.descriptors)
    }

    /// Tells the front how the server has ended, and lets go of it.
    func release(code: Int32) {
        _ = front?.send(FrontAnswer.end(code: code).bytes)
        front = nil
    }
}
