import CPTY
import Foundation
import NIOCore
import Synchronization

/// The output of a kept job: of its terminal or of both its pipes, moved into the job's ring and handed out from there.
///
/// Both pipes are one output here, because the ring gives every byte its offset at the moment it is taken.
final class KeptOutput: ProcessOutput {
    private struct Source {
        let descriptor: Descriptor
        let stream: LogStream
    }

    private let sources: [Source]
    private let ring: SharedRing
    private let poller: DescriptorPoller
    /// Becomes readable when any source does.
    private let readiness: Descriptor
    private let now: @Sendable () -> Date
    private let pace = Mutex(ReadPace())
    private static let fullPause = Duration.milliseconds(5)

    init(
        _ descriptors: [(Descriptor, LogStream)], ring: SharedRing, poller: DescriptorPoller,
        now: @escaping @Sendable () -> Date = { Date() }
    ) throws(LaunchError) {
        sources = descriptors.map { Source(descriptor: $0.0, stream: $0.1) }
        self.ring = ring
        self.poller = poller
        self.now = now
        let number = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard number >= 0 else { throw LaunchError(doing: "creating an epoll instance") }
        readiness = Descriptor(number)
        for source in sources {
            var event = epoll_event(events: EPOLLIN.rawValue, data: epoll_data_t(fd: source.descriptor.number))
            guard epoll_ctl(number, EPOLL_CTL_ADD, source.descriptor.number, &event) == 0 else {
                throw LaunchError(doing: "watching a descriptor")
            }
        }
        try poller.add(number)
    }

    func next() async -> OutputPiece? {
        while true {
            switch takeAvailable() {
            case .piece(let piece): return piece
            case .end: return nil
            case .nothing:
                if Task.isCancelled { return nil }
                await poller.readable(readiness.number, gathering: pace.withLock { $0.isPouring })
            case .full:
                if Task.isCancelled { return nil }
                try? await Task.sleep(for: Self.fullPause)
            }
        }
    }

    func available() -> OutputPiece? {
        if case .piece(let piece) = takeAvailable() { piece } else { nil }
    }

    var isHeldOpen: Bool { sources.contains { $0.descriptor.isHeldOpen } }

    func close() {
        poller.remove(readiness.number)
        readiness.close()
        for source in sources { source.descriptor.close() }
    }

    private enum Available {
        case piece(OutputPiece)
        case nothing
        case full
        case end
    }

    private func takeAvailable() -> Available {
        var isAtEnd = true
        for source in sources {
            let time = now()
            switch ring.take(from: source.descriptor, stream: source.stream, time: time) {
            case .bytes(let bytes):
                pace.withLock { $0.took(bytes.readableBytes, at: time) }
                return .piece(OutputPiece(stream: source.stream, bytes: bytes))
            case .nothing: isAtEnd = false
            case .full: return .full
            case .end:
                // Or it would report its end for ever. A second time does nothing.
                epoll_ctl(readiness.number, EPOLL_CTL_DEL, source.descriptor.number, nil)
            }
        }
        return isAtEnd ? .end : .nothing
    }
}
