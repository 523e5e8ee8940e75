import CPTY
import Foundation

/// One end of the connection between keeper and worker: messages with descriptors, in order, none lost.
///
/// A message that is too long for the socket travels as memory, by a descriptor of its own before the others.
struct KeeperChannel: Sendable {
    struct Received {
        var bytes: [UInt8]
        var descriptors: [Descriptor]
        /// The message came, but this process had no numbers left for all of its descriptors.
        var hasLostDescriptors: Bool
    }

    enum Arrival {
        case message(Received)
        /// Only for an end that does not wait.
        case nothing
        case gone
    }

    /// Well below what a socket takes at once (net.core.wmem_default is 208 KiB).
    static let inlineLimit = 32 * 1024
    /// No command with its environment is longer (ARG_MAX is 2 MiB on Linux unless raised).
    static let longLimit = 8 << 20

    /// What a message begins with.
    private enum Form {
        static let inline: UInt8 = 0
        static let memory: UInt8 = 1
    }

    let descriptor: Descriptor

    enum Sending {
        case sent
        /// Only for an end that does not wait.
        case full
        /// The other end is gone, or no memory was to be had for a long message.
        case failed
    }

    func send(_ bytes: [UInt8], _ descriptors: [Descriptor] = []) -> Sending {
        let numbers = descriptors.map(\.number)
        if bytes.count <= Self.inlineLimit {
            return transmit([Form.inline] + bytes, numbers)
        }
        let number = cpty_open_memory("srun-message", bytes.count)
        guard number >= 0 else { return .failed }
        let memory = Descriptor(number)
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes {
                pwrite(number, $0.baseAddress?.advanced(by: written), $0.count - written, off_t(written))
            }
            guard count > 0 else { return .failed }
            written += count
        }
        return withExtendedLifetime(memory) { transmit([Form.memory], [number] + numbers) }
    }

    private func transmit(_ bytes: [UInt8], _ numbers: [Int32]) -> Sending {
        if cpty_send(descriptor.number, bytes, bytes.count, numbers, numbers.count) == 0 { return .sent }
        return errno == EAGAIN ? .full : .failed
    }

    /// The next message, waited for unless the descriptor does not block.
    func receive() -> Arrival {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.inlineLimit + 1) { bytes in
            var numbers = [Int32](repeating: -1, count: Int(CPTY_DESCRIPTORS))
            var room = numbers.count
            var lost: Int32 = 0
            let count = cpty_receive(descriptor.number, bytes.baseAddress, bytes.count, &numbers, &room, &lost)
            guard count > 0 else { return count < 0 && errno == EAGAIN ? .nothing : .gone }
            let descriptors = numbers.prefix(room).map { Descriptor($0) }
            return arrival(of: bytes.prefix(count), descriptors, hasLostDescriptors: lost != 0)
        }
    }

    private func arrival(
        of bytes: Slice<UnsafeMutableBufferPointer<UInt8>>, _ descriptors: [Descriptor], hasLostDescriptors: Bool
    ) -> Arrival {
        if bytes.first == Form.inline {
            return .message(
                Received(
                    bytes: Array(bytes.dropFirst()), descriptors: descriptors, hasLostDescriptors: hasLostDescriptors))
        }
        guard let memory = descriptors.first else {
            return .message(Received(bytes: [], descriptors: [], hasLostDescriptors: true))
        }
        return .message(
            Received(
                bytes: Self.content(of: memory), descriptors: Array(descriptors.dropFirst()),
                hasLostDescriptors: hasLostDescriptors))
    }

    private static func content(of memory: Descriptor) -> [UInt8] {
        let size = lseek(memory.number, 0, SEEK_END)
        guard (1...off_t(longLimit)).contains(size) else { return [] }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = pread(memory.number, &bytes, bytes.count, 0)
        return count == bytes.count ? bytes : []
    }
}
