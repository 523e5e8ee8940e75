import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import srun

/// A connection as the server sets it up, as far as the heads of requests go, under a clock that the test moves.
private final class Connection {
    let channel = EmbeddedChannel()
    private let deadline = HeadDeadline(wholeHead: .seconds(10))
    private(set) var isLate = false

    init() throws {
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(deadline)
        try pipeline.addHandler(ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes)))
        try pipeline.addHandler(RequestAdapter(httpHandlers: [], deadline: deadline, frameLimit: 65_536))
    }

    /// The server waits for the next head; as it does between two requests.
    func await_(_ limit: TimeAmount = .seconds(60)) { deadline.begin(within: limit) }

    /// It has got one, and is busy with it.
    func answer() { deadline.end() }

    func send(_ text: String) throws { try channel.writeInbound(ByteBuffer(string: text)) }

    func pass(_ time: TimeAmount) {
        channel.embeddedEventLoop.advanceTime(by: time)
        do { try channel.throwIfErrorCaught() } catch { isLate = isLate || error is RequestTimeout }
    }

    /// A whole request, answered.
    func ask(_ text: String = "GET / HTTP/1.1\r\nHost: x\r\n\r\n") throws {
        await_()
        try send(text)
        answer()
    }
}

@Suite("How long a head may take") struct HTTPHeadDeadlineTests {
    @Test func silenceBetweenRequestsIsNoHead() throws {
        let connection = try Connection()
        for request in [
            "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}",
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        ] {
            try connection.ask(request)
            connection.await_()
            connection.pass(.seconds(59))
            #expect(!connection.isLate)
            connection.answer()
        }
        connection.await_()
        // An empty line is none either.
        try connection.send("\r\n")
        connection.pass(.seconds(59))
        #expect(!connection.isLate)
        connection.pass(.seconds(1))
        #expect(connection.isLate)
    }

    @Test func aFurtherHeadIsWholeTenSecondsAfterItsFirstByte() throws {
        let connection = try Connection()
        for _ in 0..<3 { try connection.ask() }
        connection.await_()
        connection.pass(.seconds(30))
        for byte in "GET / HTT" {
            try connection.send(String(byte))
            connection.pass(.seconds(1))
        }
        #expect(!connection.isLate)
        try connection.send("P/1.1\r\nHost: ")
        connection.pass(.milliseconds(999))
        #expect(!connection.isLate)
        connection.pass(.milliseconds(1))
        #expect(connection.isLate)
    }

    @Test func oneThatIsWholeInTimeIsAnswered() throws {
        let connection = try Connection()
        try connection.ask()
        connection.await_()
        try connection.send("GET / HTTP/1.1\r\n")
        connection.pass(.seconds(9))
        try connection.send("Host: x\r\n\r")
        try connection.send("\n")
        connection.answer()
        connection.pass(.seconds(100))
        connection.await_()
        connection.pass(.seconds(59))
        #expect(!connection.isLate)
    }

    @Test(arguments: ["G", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"])
    func oneThatBeganBehindTheRequestBeforeCountsFromItsAnswer(_ beginning: String) throws {
        let connection = try Connection()
        try connection.ask("GET / HTTP/1.1\r\nHost: x\r\n\r\n" + beginning)
        // The server takes its time with the first: that is not the caller's.
        connection.pass(.seconds(300))
        #expect(!connection.isLate)
        connection.await_()
        connection.pass(.seconds(9))
        #expect(!connection.isLate)
        connection.pass(.seconds(1))
        #expect(connection.isLate)
    }

    @Test func theFirstHeadHasItsTimeFromTheBeginning() throws {
        let connection = try Connection()
        connection.await_(.seconds(10))
        connection.pass(.seconds(9))
        try connection.send("GET / HTTP/1.1\r\n")
        connection.pass(.seconds(1))
        #expect(connection.isLate)
    }
}
