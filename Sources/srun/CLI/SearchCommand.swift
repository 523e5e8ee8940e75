import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find lines in the output of a job.",
        discussion: """
            Prints the number and the text of each line that holds the pattern, escape sequences left out. Ends with 1 when \
            there is none.
            """
    )

    @OptionGroup var client: ClientOptions

    @Flag(name: [.customShort("E"), .long], help: "The pattern is a regular expression.")
    var regex = false

    @Flag(name: .customLong("case"), help: "Upper and lower case are different.")
    var distinguishesCase = false

    @Option(name: [.customShort("n"), .long], help: "Print at most so many lines.")
    var limit = 1000

    @Argument(help: "The job, as srun ls shows it.")
    var id: String

    @Argument(help: "What to look for.")
    var pattern: String

    func run() async throws {
        let target =
            "/search?q=\(PercentCoding.encoded(pattern))&limit=\(limit)\(regex ? "&regex=1" : "")"
            + (distinguishesCase ? "&case=1" : "")
        try await client.withClient { [id] client in
            try await Interruption.cancels {
                var writer = OutputWriter(.colours)
                defer { writer.finish() }
                var results = SearchResultReader()
                let response = try await client.send(.GET, APIClient.path(id, target), timeout: APIClient.patience)
                try await client.read(response) { bytes in
                    for hit in try results.append(bytes) {
                        try writer.write(ByteBuffer(string: "\(hit.line):\(hit.text)\n"))
                    }
                }
                guard let end = results.end else {
                    throw Failure(.protocolError, "the search of \(client.connection.url) broke off")
                }
                if end.truncated { StandardError.say("there are more lines; --limit prints up to 1000") }
                if end.hits == 0 { throw ExitCode(1) }
            }
        }
    }
}

/// Reads the lines of an answer as they come.
struct SearchResultReader {
    private var pending = ByteBuffer()
    private(set) var end: SearchEndMessage?

    /// The hits that are complete now.
    mutating func append(_ bytes: ByteBuffer) throws -> [SearchHitMessage] {
        pending.writeImmutableBuffer(bytes)
        var hits: [SearchHitMessage] = []
        while let length = pending.readableBytesView.firstIndex(of: UInt8(ascii: "\n")).map({ $0 - pending.readerIndex }
        ),
            let line = pending.readBytes(length: length)
        {
            pending.moveReaderIndex(forwardBy: 1)
            if let hit = try? JSONDecoder().decode(SearchHitMessage.self, from: Data(line)) {
                hits.append(hit)
            } else if let end = try? JSONDecoder().decode(SearchEndMessage.self, from: Data(line)) {
                self.end = end
            } else {
                throw Failure(.protocolError, "the answer is not what this version of srun expects")
            }
        }
        pending.discardReadBytes()
        return hits
    }
}
