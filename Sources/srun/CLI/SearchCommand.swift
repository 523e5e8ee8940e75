import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

struct SearchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "search",
        abstract: "Find lines in the output of a job, or of all jobs.",
        discussion: """
            Prints the number and the text of each line that holds the pattern, escape sequences left out. Without a job, \
            looks in the output, command, name and tags of all of them, newest first, and prints the job before each line, at \
            most ten of each. Ends with 1 when there is none.
            """
    )

    @OptionGroup var client: ClientOptions

    @Flag(name: [.customShort("E"), .long], help: "The pattern is a regular expression.")
    var regex = false

    @Flag(name: .customLong("case"), help: "Upper and lower case are different.")
    var distinguishesCase = false

    @Option(name: [.customShort("n"), .long], help: "Print at most so many lines.")
    var limit = 1000

    @Argument(
        help: ArgumentHelp(
            "The job, by id, a part of it or name, and what to look for; or only that.", valueName: "[job] pattern"))
    var terms: [String]

    func validate() throws {
        guard (1...2).contains(terms.count) else {
            throw ValidationError("Give a job and a pattern, or a pattern; one with spaces needs quotes.")
        }
        guard terms.count == 2 || !regex else {
            throw ValidationError("A regular expression is looked for in one job: name it.")
        }
    }

    func run() async throws {
        guard terms.count == 2 else { return try await searchAll(for: terms[0]) }
        try await search(JobReference(terms[0]), for: terms[1])
    }

    private func search(_ job: JobReference, for pattern: String) async throws {
        let target =
            "/search?q=\(PercentCoding.encoded(pattern))&limit=\(limit)\(regex ? "&regex=1" : "")"
            + (distinguishesCase ? "&case=1" : "")
        try await client.withClient { client in
            try await Interruption.cancels {
                var writer = OutputWriter(.colours)
                defer { writer.finish() }
                var results = SearchResultReader()
                let response = try await client.send(
                    .GET, APIClient.path(try await job.id(client), target), timeout: APIClient.patience)
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

extension SearchCommand {
    private func searchAll(for text: String) async throws {
        let query = "/api/search?q=\(PercentCoding.encoded(text))\(distinguishesCase ? "&case=1" : "")"
        try await client.withClient { client in
            try await Interruption.cancels {
                var writer = OutputWriter(.colours)
                defer { writer.finish() }
                var remaining = limit
                var hits = 0
                var cursor: String?
                repeat {
                    var lines = JobSearchReader()
                    let place = cursor.map { "&cursor=\(PercentCoding.encoded($0))" } ?? ""
                    let response = try await client.send(
                        .GET, "\(query)&limit=\(min(1000, remaining))\(place)", timeout: APIClient.patience)
                    try await client.read(response) { bytes in
                        for hit in try lines.append(bytes) {
                            let place = hit.line.map(String.init) ?? hit.field
                            try writer.write(ByteBuffer(string: "\(hit.job.id):\(place):\(hit.text)\n"))
                        }
                    }
                    guard let end = lines.end else {
                        throw Failure(.protocolError, "the search of \(client.connection.url) broke off")
                    }
                    hits += end.hits
                    remaining -= end.hits
                    cursor = end.cursor
                } while cursor != nil && remaining > 0
                if cursor != nil { StandardError.say("there may be more lines; --limit prints more") }
                if hits == 0 { throw ExitCode(1) }
            }
        }
    }
}

/// Reads the answer to a search of all jobs as it comes.
struct JobSearchReader {
    struct Hit: Decodable {
        struct Job: Decodable {
            let id: String
        }

        let job: Job
        let field: String
        let line: Int64?
        let text: String
    }

    struct End: Decodable {
        let done: Bool
        let hits: Int
        let cursor: String?
    }

    private var pending: [UInt8] = []
    private(set) var end: End?

    /// The hits that are complete now.
    mutating func append(_ bytes: ByteBuffer) throws -> [Hit] {
        pending += bytes.readableBytesView
        guard let last = pending.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        let lines = pending[..<last].split(separator: UInt8(ascii: "\n"))
        defer { pending.removeFirst(last + 1) }
        var hits: [Hit] = []
        for line in lines {
            if let hit = try? JSONDecoder().decode(Hit.self, from: Data(line)) {
                hits.append(hit)
            } else if let end = try? JSONDecoder().decode(End.self, from: Data(line)) {
                self.end = end
            } else {
                throw Failure(.protocolError, "the answer is not what this version of srun expects")
            }
        }
        return hits
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
