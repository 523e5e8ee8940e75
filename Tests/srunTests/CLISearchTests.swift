import NIOCore
import Testing

@testable import srun

@Suite("Answers of a search") struct CLISearchTests {
    private let answer =
        #"{"length":1,"line":2,"offset":3,"start":0,"text":"ä"}"# + "\n"
        + #"{"bytes":9,"done":true,"hits":1,"truncated":false}"# + "\n"

    @Test("are read however they are cut", arguments: [1, 2, 7, 1000])
    func areReadHoweverTheyAreCut(_ length: Int) throws {
        var reader = SearchResultReader()
        var hits: [SearchHitMessage] = []
        var rest = Array(answer.utf8)[...]
        while !rest.isEmpty {
            hits += try reader.append(ByteBuffer(bytes: rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        #expect(hits == [SearchHitMessage(offset: 3, line: 2, text: "ä", start: 0, length: 1)])
        #expect(reader.end == SearchEndMessage(done: true, hits: 1, bytes: 9, truncated: false))
    }

    @Test func thatBreakOffHaveNoEnd() throws {
        var reader = SearchResultReader()
        _ = try reader.append(ByteBuffer(string: String(answer.dropLast(2))))
        #expect(reader.end == nil)
        #expect(throws: Failure.self) { try reader.append(ByteBuffer(string: "?\n")) }
    }
}
