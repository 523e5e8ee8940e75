import NIOCore
import NIOEmbedded
import NIOWebSocket

/// NIO's frame decoder and ``MessageAssembler``: what the client of a WebSocket sends.
enum FramesTarget: FuzzTarget {
    static let name = "frames"
    private static let frameLimit = 200
    private static let messageLimit = 300

    static let seeds: [[UInt8]] = [
        [0, 4, 0x81, 0x82, 1, 2, 3, 4, 0x69, 0x6b], [0, 1, 0x89, 0x80, 0, 0, 0, 0],
        [0, 9, 0x88, 0x82, 0, 0, 0, 0, 3, 0xe8],
        [0, 2, 0x01, 0x81, 0, 0, 0, 0, 0xc3, 0x80, 0x81, 0, 0, 0, 0, 0xa9], [0, 3, 0x82, 0xfe, 0, 126, 0, 0, 0, 0],
        [1, 3, 0x01, 2, 0x41, 0x42, 0x00, 1, 0x43, 0x80, 1, 0x44, 0x89, 0, 0x8a, 1, 0x45, 0x88, 0],
        [1, 3, 0x81, 4, 0xf0, 0x9f, 0x98, 0x80, 0x82, 3, 1, 2, 3, 0x88, 5, 0x03, 0xe8, 0x62, 0x79, 0x65],
        [1, 7] + (0..<4).flatMap { _ in [0x02, 150] + [UInt8](repeating: 7, count: 150) },
    ]

    private struct Outcome: Equatable {
        var events: [MessageAssembler.Event] = []
        var close: WebSocketClose?
        var isUndecodable = false
    }

    static func run(_ input: inout FuzzInput) {
        let isStructured = input.next() % 2 == 1
        let cut = input.next()
        let bytes = isStructured ? frames(&input) : input.rest()
        let whole = outcome([ByteBuffer(bytes: bytes)])
        expect(outcome(bytes.pieces(cut)) == whole, "pieces make other messages")
        for event in whole.events { check(event) }
        if let close = whole.close {
            expect([1002, 1007, 1009].contains(close.code), "the answer is \(close.code)")
        }
    }

    private static func check(_ event: MessageAssembler.Event) {
        switch event {
        case .message(.text(let buffer)):
            expect(String(validating: buffer.readableBytesView, as: UTF8.self) != nil, "text is not UTF-8")
            expect(buffer.readableBytes <= messageLimit, "a message has \(buffer.readableBytes) bytes")
        case .message(.binary(let buffer)):
            expect(buffer.readableBytes <= messageLimit, "a message has \(buffer.readableBytes) bytes")
        case .ping(let buffer): expect(buffer.readableBytes <= 125, "a ping has \(buffer.readableBytes) bytes")
        case .close(let close):
            expect(close.code == 1000 || WebSocketClose.mayBeSent(close.code), "the answer is \(close.code)")
        case .pong, .incomplete: break
        }
    }

    /// Each frame of the input as its first byte, a length and the content, masked as a client has to.
    private static func frames(_ input: inout FuzzInput) -> [UInt8] {
        var bytes: [UInt8] = []
        while !input.isEmpty {
            bytes.append(input.next())
            let content = input.take(Int(input.next()))
            let mask: [UInt8] = [0x5a, 0, 0xff, UInt8(truncatingIfNeeded: bytes.count)]
            if content.count < 126 {
                bytes.append(0x80 | UInt8(content.count))
            } else {
                bytes += [0xfe, 0, UInt8(content.count)]
            }
            bytes += mask
            bytes += content.enumerated().map { $1 ^ mask[$0 % 4] }
        }
        return bytes
    }

    private static func outcome(_ pieces: [ByteBuffer]) -> Outcome {
        var outcome = Outcome()
        var assembler = MessageAssembler(limit: messageLimit)
        let channel = EmbeddedChannel(handler: ByteToMessageHandler(WebSocketFrameDecoder(maxFrameSize: frameLimit)))
        defer { _ = try? channel.finish(acceptAlreadyClosed: true) }
        for piece in pieces {
            do { try channel.writeInbound(piece) } catch { outcome.isUndecodable = true }
            while let frame = try? channel.readInbound(as: WebSocketFrame.self) {
                do {
                    let event = try assembler.receive(frame)
                    outcome.events.append(event)
                    if case .close = event { return ended(outcome) }
                } catch {
                    outcome.close = error
                    return ended(outcome)
                }
            }
            if outcome.isUndecodable { break }
        }
        return outcome
    }

    /// What comes after the end is read by nobody.
    private static func ended(_ outcome: Outcome) -> Outcome {
        var outcome = outcome
        outcome.isUndecodable = false
        return outcome
    }
}
