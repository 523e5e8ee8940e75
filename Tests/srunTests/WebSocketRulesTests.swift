import Foundation
import NIOCore
import NIOWebSocket
import SrunKit
import SrunTestSupport
import Testing

@testable import srun

/// A frame as a client sends it, unless the test wants otherwise.
private func frame(
    _ opcode: Int, _ bytes: [UInt8] = [], fin: Bool = true, masked: Bool = true, rsv1: Bool = false
) -> WebSocketFrame {
    var data = ByteBuffer(bytes: bytes)
    let key = WebSocketMaskingKey([1, 2, 3, 4])
    if masked, let key { data.webSocketMask(key) }
    return WebSocketFrame(
        fin: fin, rsv1: rsv1, opcode: WebSocketOpcode(encodedWebSocketOpcode: UInt8(opcode)) ?? .text,
        maskKey: masked ? key : nil, data: data)
}

@Suite("Frames of a client") struct WebSocketRulesTests {
    private struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let frames: [WebSocketFrame]
        let code: UInt16
    }

    private static func close(_ code: UInt16, _ reason: [UInt8]) -> WebSocketFrame {
        frame(8, [UInt8(code >> 8), UInt8(code & 0xff)] + reason)
    }

    private static let bad: [Case] = [
        Case(testDescription: "not masked", frames: [frame(1, masked: false)], code: 1002),
        Case(testDescription: "reserved bit", frames: [frame(1, rsv1: true)], code: 1002),
        Case(testDescription: "unknown data opcode", frames: [frame(3)], code: 1002),
        Case(testDescription: "unknown control opcode", frames: [frame(11)], code: 1002),
        Case(testDescription: "fragmented ping", frames: [frame(9, fin: false)], code: 1002),
        Case(testDescription: "long ping", frames: [frame(9, [UInt8](repeating: 0, count: 126))], code: 1002),
        Case(testDescription: "orphan continuation", frames: [frame(0)], code: 1002),
        Case(testDescription: "orphan continuation after a message", frames: [frame(1), frame(0)], code: 1002),
        Case(testDescription: "text within text", frames: [frame(1, fin: false), frame(1)], code: 1002),
        Case(testDescription: "binary within text", frames: [frame(1, fin: false), frame(2)], code: 1002),
        Case(testDescription: "invalid text", frames: [frame(1, [0xff])], code: 1007),
        Case(testDescription: "surrogate in text", frames: [frame(1, [0xed, 0xa0, 0x80])], code: 1007),
        Case(testDescription: "overlong text", frames: [frame(1, [0xc0, 0x80])], code: 1007),
        Case(testDescription: "cut text", frames: [frame(1, [0xe2, 0x82])], code: 1007),
        Case(
            testDescription: "invalid in the second fragment",
            frames: [frame(1, [0xe2], fin: false), frame(0, [0x41])], code: 1007),
        Case(testDescription: "invalid first fragment, at once", frames: [frame(1, [0xff], fin: false)], code: 1007),
        Case(testDescription: "too large at once", frames: [frame(2, [UInt8](repeating: 0, count: 1001))], code: 1009),
        Case(
            testDescription: "too large together",
            frames: [
                frame(2, [UInt8](repeating: 0, count: 600), fin: false), frame(0, [UInt8](repeating: 0, count: 401)),
            ],
            code: 1009),
        Case(testDescription: "close of one byte", frames: [frame(8, [3])], code: 1002),
        Case(testDescription: "close 999", frames: [close(999, [])], code: 1002),
        Case(testDescription: "close 1004", frames: [close(1004, [])], code: 1002),
        Case(testDescription: "close 1005", frames: [close(1005, [])], code: 1002),
        Case(testDescription: "close 1006", frames: [close(1006, [])], code: 1002),
        Case(testDescription: "close 1015", frames: [close(1015, [])], code: 1002),
        Case(testDescription: "close 2999", frames: [close(2999, [])], code: 1002),
        Case(testDescription: "close 5000", frames: [close(5000, [])], code: 1002),
        Case(testDescription: "close with a bad reason", frames: [close(1000, [0xff])], code: 1007),
    ]

    @Test("that break the protocol end it", arguments: bad)
    private func refuses(_ example: Case) {
        var assembler = MessageAssembler(limit: 1000)
        #expect {
            for frame in example.frames { _ = try assembler.receive(frame) }
        } throws: {
            ($0 as? WebSocketClose)?.code == example.code
        }
    }

    @Test func becomeMessages() throws {
        var assembler = MessageAssembler(limit: 1000)
        #expect(try assembler.receive(frame(1, Array("é".utf8))) == .message(.text(ByteBuffer(string: "é"))))
        #expect(try assembler.receive(frame(2, [0xff])) == .message(.binary(ByteBuffer(bytes: [0xff]))))
        #expect(try assembler.receive(frame(1, [0xe2], fin: false)) == .incomplete)
        // Control frames may come between the fragments of a message.
        #expect(try assembler.receive(frame(9, [1])) == .ping(ByteBuffer(bytes: [1])))
        #expect(try assembler.receive(frame(10)) == .pong)
        #expect(try assembler.receive(frame(0, [0x82], fin: false)) == .incomplete)
        #expect(try assembler.receive(frame(0, [0xac])) == .message(.text(ByteBuffer(string: "€"))))
        #expect(try assembler.receive(frame(1)) == .message(.text(ByteBuffer())))
    }

    @Test(
        "that close are answered with the same code",
        arguments: [1000, 1001, 1003, 1007, 1011, 1014, 3000, 4999] as [UInt16])
    func answersClose(_ code: UInt16) throws {
        var assembler = MessageAssembler(limit: 1000)
        #expect(try assembler.receive(Self.close(code, Array("bye".utf8))) == .close(WebSocketClose(code)))
        #expect(try assembler.receive(frame(8)) == .close(.normal))
    }
}

@Suite("UTF-8 in pieces") struct WebSocketUTF8Tests {
    /// Bytes that are mostly, but not always, text.
    private static func sample(_ generator: inout SeededGenerator) -> [UInt8] {
        let parts: [[UInt8]] = [
            Array("a".utf8), Array("é".utf8), Array("€".utf8), Array("😀".utf8), [0xff], [0xe2, 0x82], [0xc3], [0x80],
            [0xf0, 0x9f],
            [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf5], [0xf4, 0x90, 0x80, 0x80], [0x00], [0x1b],
        ]
        return (0..<Int.random(in: 0..<12, using: &generator)).flatMap { _ in
            parts.randomElement(using: &generator) ?? []
        }
    }

    private static func cut(_ bytes: [UInt8], _ generator: inout SeededGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...min(5, rest.count), using: &generator)
            pieces.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return pieces
    }

    @Test("is cut only between characters", arguments: 0..<4)
    func cutsAsOneText(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = Self.sample(&generator)
            var cutter = UTF8Cutter()
            var text = ""
            for piece in Self.cut(bytes, &generator) { text += cutter.append([ByteBuffer(bytes: piece)]) }
            text += cutter.finish()
            #expect(Array(text.utf8) == Array(String(decoding: bytes, as: UTF8.self).utf8))
        }
    }

    @Test func holdsBackOnlyWhatIsIncomplete() {
        var cutter = UTF8Cutter()
        #expect(cutter.append([ByteBuffer(bytes: [0x61, 0xe2, 0x82])]) == "a")
        #expect(cutter.append([ByteBuffer(bytes: [0xac, 0x62])]) == "€b")
        #expect(cutter.append([ByteBuffer(bytes: [0xff])]) == "\u{fffd}")
        #expect(cutter.append([ByteBuffer(bytes: [0xf0, 0x9f])]) == "")
        #expect(cutter.finish() == "\u{fffd}")
        #expect(cutter.finish() == "")
    }

    @Test("is valid exactly when it is as a whole", arguments: 0..<4)
    func validatesAsOneText(_ seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<2000 {
            let bytes = Self.sample(&generator)
            var validator = UTF8Validator()
            let fits = Self.cut(bytes, &generator).allSatisfy { validator.append($0) }
            #expect((fits && validator.isComplete) == (String(validating: bytes, as: UTF8.self) != nil))
        }
    }
}

@Suite("Output for a follower") struct WebSocketOutputTests {
    private func chunk(_ size: Int, at offset: Int64 = 0) -> LogChunk {
        LogChunk(offset: offset, time: .now, stream: .output, bytes: ByteBuffer(repeating: 0x61, count: size))
    }

    @Test func joinsSmallChunksAndPassesLargeOnes() {
        #expect(OutputMessages.buffers(of: [chunk(10)]).map(\.readableBytes) == [10])
        #expect(OutputMessages.buffers(of: [chunk(10), chunk(20), chunk(30)]).map(\.readableBytes) == [60])
        #expect(
            OutputMessages.buffers(of: [chunk(10), chunk(20_000), chunk(5)]).map(\.readableBytes) == [10, 20_000, 5])
        #expect(OutputMessages.buffers(of: (0..<20).map { _ in chunk(4096) }).map(\.readableBytes) == [65_536, 16_384])
        #expect(OutputMessages.buffers(of: []).isEmpty)
    }

    @Test func stopsAtTheWindowUntilEnoughIsAcknowledged() async {
        let window = AckWindow(start: 100)
        #expect(await window.room() == AckWindow.size)
        window.didSend(upTo: 100 + AckWindow.size)
        #expect(!window.acknowledge(upTo: 101 + AckWindow.size))
        #expect(!window.acknowledge(upTo: -1))
        async let room = window.room()
        #expect(window.acknowledge(upTo: 100))
        #expect(window.acknowledge(upTo: 200))
        #expect(window.acknowledge(upTo: 100 + AckWindow.leastRoom))
        #expect(await room == AckWindow.leastRoom)
        // An old acknowledgement takes nothing back.
        #expect(window.acknowledge(upTo: 150))
        #expect(await window.room() == AckWindow.leastRoom)
    }

    @Test func givesAFastReaderMore() async {
        let start = ContinuousClock.now
        let window = AckWindow(start: 0, limit: AckWindow.grownSize, at: start)
        var (offset, time) = (Int64(0), start)
        // Takes in all there is, each time within a millisecond.
        for expected in [2, 4, 8, 8] {
            offset += await window.room() ?? 0
            window.didSend(upTo: offset)
            time += .milliseconds(1)
            #expect(window.acknowledge(upTo: offset, at: time))
            #expect(await window.room() == Int64(expected) * AckWindow.size)
        }
        // Then it takes 100 ms for what would be too much for one: 4 MiB are half as much in the time that counts.
        offset += AckWindow.grownSize
        window.didSend(upTo: offset)
        #expect(window.acknowledge(upTo: offset, at: time + .milliseconds(100)))
        #expect(await window.room() == AckWindow.grownSize / 2)
        // It is smaller now than what is on its way to a slow reader, who is waited for.
        let slow = AckWindow(start: 0, limit: AckWindow.grownSize, at: start)
        slow.didSend(upTo: AckWindow.size)
        #expect(slow.acknowledge(upTo: AckWindow.size, at: start + .milliseconds(1)))
        slow.didSend(upTo: 3 * AckWindow.size)
        async let room = slow.room()
        #expect(slow.acknowledge(upTo: 2 * AckWindow.size, at: start + .seconds(10)))
        #expect(slow.acknowledge(upTo: 2 * AckWindow.size + AckWindow.leastRoom, at: start + .seconds(10)))
        #expect(await room == AckWindow.leastRoom)
        // What it is not sent says nothing of its speed.
        window.didSkip(to: offset + (1 << 30))
        #expect(window.acknowledge(upTo: offset + (1 << 30), at: time + .milliseconds(101)))
        #expect(await window.room() == AckWindow.grownSize / 2)
    }

    @Test func stopsWaitingWhenCancelled() async {
        let window = AckWindow(start: 0)
        window.didSend(upTo: AckWindow.size)
        let room = await withTaskGroup(of: Int64?.self) { group in
            group.addTask { await window.room() }
            group.cancelAll()
            return await group.next() ?? nil
        }
        #expect(room == nil)
    }

    @Test func countsWhatIsOpen() {
        var limits = WebSocketLimits()
        limits.connections = 3
        limits.connectionsPerJob = 2
        let slots = WebSocketSlots(limits)
        #expect(slots.acquire("a") && slots.acquire("a"))
        #expect(!slots.acquire("a"), "one job has its share")
        #expect(slots.acquire(nil))
        #expect(!slots.acquire("b"), "all are taken")
        slots.release("a")
        #expect(slots.acquire("b"))
    }

    @Test func countsMessagesByTheirAverage() {
        let start = ContinuousClock.now
        var rate = MessageRate(perSecond: 50, burst: 200, now: start)
        for _ in 0..<200 { #expect(rate.count(now: start) == nil) }
        #expect(rate.count(now: start) == .milliseconds(20))
        // What was paid for meanwhile may be spent at once again, and never more than the burst.
        #expect(rate.count(now: start + .seconds(1)) == nil)
        for _ in 0..<200 { #expect(rate.count(now: start + .seconds(3600)) == nil) }
        #expect(rate.count(now: start + .seconds(3600)) != nil)
    }

    @Test func countsConnectionsByAddress() throws {
        var limits = ConnectionLimits()
        limits.total = 5
        limits.perAddress = 2
        let slots = ConnectionSlots(limits, proxies: try TrustedProxies(["10.0.0.1"]))
        let address = { (text: String) in try? SocketAddress(ipAddress: text, port: 1) }
        #expect(slots.acquire(address("10.0.0.2")) && slots.acquire(address("10.0.0.2")))
        #expect(!slots.acquire(address("10.0.0.2")))
        // Another one, a proxy for many, and whoever sits at this machine.
        #expect(slots.acquire(address("10.0.0.3")))
        slots.release(address("10.0.0.2"))
        for _ in 0..<3 { #expect(slots.acquire(address("10.0.0.1"))) }
        #expect(!slots.acquire(address("127.0.0.1")), "all are taken")
        slots.release(address("10.0.0.1"))
        #expect(slots.acquire(address("127.0.0.1")))
        // One client has a whole network of IPv6.
        let other = ConnectionSlots(limits, proxies: try TrustedProxies([]))
        #expect(other.acquire(address("2001:db8::1")) && other.acquire(address("2001:db8::2")))
        #expect(!other.acquire(address("2001:db8::3")))
        #expect(other.acquire(address("2001:db8:0:1::3")))
    }
}
