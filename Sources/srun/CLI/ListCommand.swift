import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOHTTP1

struct ListCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "ls", abstract: "List jobs, newest first.")

    @OptionGroup var client: ClientOptions

    @Option(
        name: [.customShort("q"), .customLong("query")], help: "Only jobs with this in command, name, id or a tag.")
    var query: String?

    @Option(help: ArgumentHelp("Only jobs with this status; several with commas.", valueName: "status"))
    var status: String?

    @Option(help: "Only jobs with exactly this tag.")
    var tag: String?

    @Option(help: ArgumentHelp("Only jobs of the node with this name.", valueName: "name"))
    var node: String?

    @Option(help: ArgumentHelp("Only jobs that somebody with this name asked for.", valueName: "name"))
    var by: String?

    @Option(name: .shortAndLong, help: ArgumentHelp("At most so many jobs, 1 to 500.", valueName: "n"))
    var limit: Int = 50

    @Flag(name: .shortAndLong, help: "All jobs.")
    var all = false

    @Flag(help: "Print the jobs as the API has them, as a JSON array.")
    var json = false

    func run() async throws {
        try await client.withClient { client in
            var pages: [Data] = []
            var target: String? = firstTarget
            while let next = target {
                let response = try await client.send(.GET, next)
                pages.append(try await client.data(of: response))
                target = all ? PageLink.next(response.headers["Link"]) : nil
            }
            try StandardOutput.write(json ? try Self.array(pages) : try Self.table(pages))
        }
    }

    private var firstTarget: String {
        var items = [URLQueryItem(name: "limit", value: String(all ? 500 : limit))]
        if let status { items.append(URLQueryItem(name: "status", value: status)) }
        for (name, value) in [("q", query), ("tag", tag), ("node", node), ("by", by)] {
            if let value { items.append(URLQueryItem(name: name, value: value)) }
        }
        var url = URLComponents()
        url.queryItems = items
        // URLComponents leaves a plus sign alone, which a query reads as a space.
        let encoded = (url.percentEncodedQuery ?? "").split(separator: "+", omittingEmptySubsequences: false).joined(
            separator: "%2B")
        return "/api/jobs?\(encoded)"
    }

    private static func table(_ pages: [Data]) throws -> String {
        do {
            let jobs = try pages.flatMap { try JSONDecoder().decode([JobSummary].self, from: $0) }
            return JobTable(jobs: jobs, now: Date(), width: StandardOutput.terminalSize?.columns).text
        } catch let error as DecodingError {
            throw Failure(
                .protocolError, "the server's list of jobs is not what this version of srun expects: \(error)")
        }
    }

    private static func array(_ pages: [Data]) throws -> String {
        let jobs = try pages.flatMap { page -> [Any] in
            guard let jobs = try? JSONSerialization.jsonObject(with: page) as? [Any] else {
                throw Failure(.protocolError, "the server's list of jobs is not a JSON array")
            }
            return jobs
        }
        let options: JSONSerialization.WritingOptions = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try JSONSerialization.data(withJSONObject: jobs, options: options), as: UTF8.self)
            + "\n"
    }
}

/// The `Link` header (RFC 8288) as far as the API uses it.
enum PageLink {
    /// The target of the next page, below the server's URL; nil when there is none.
    static func next(_ headers: [String]) -> String? {
        for link in headers.flatMap({ $0.split(separator: ",") }) where link.contains("rel=\"next\"") {
            guard let start = link.firstIndex(of: "<"), let end = link.firstIndex(of: ">"), start < end else {
                continue
            }
            let target = link[link.index(after: start)..<end]
            // Below a prefix the server writes the prefix too, and the client's URL has it already.
            if let path = target.range(of: "/api/jobs?") { return String(target[path.lowerBound...]) }
        }
        return nil
    }
}
