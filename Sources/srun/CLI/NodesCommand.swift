import ArgumentParser
import Foundation
import NIOHTTP1

struct NodesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "nodes", abstract: "List the nodes of the team, and how they are.")

    @OptionGroup var client: ClientOptions

    @Flag(help: "Print the nodes as the API has them, as a JSON array.")
    var json = false

    func run() async throws {
        try await client.withClient { client in
            let response = try await client.send(.GET, "/api/nodes")
            let data = try await client.data(of: response)
            if json { return try StandardOutput.write(String(decoding: data, as: UTF8.self) + "\n") }
            do {
                try StandardOutput.write(Self.table(try JSONDecoder().decode([NodeSummary].self, from: data)))
            } catch let error as DecodingError {
                throw Failure(
                    .protocolError, "the server's list of nodes is not what this version of srun expects: \(error)")
            }
        }
    }

    private struct NodeSummary: Decodable {
        let name: String
        let version: String
        let labels: [String]
        let capacity: Int
        let running: Int
        let queued: Int
        let state: String
        let heartbeatAt: String?
        let isSelf: Bool
    }

    private static func table(_ nodes: [NodeSummary]) -> String {
        let headings = ["NODE", "STATE", "RUNNING", "QUEUED", "SEEN", "VERSION", "LABELS"]
        let rows = nodes.map { node in
            [
                node.name + (node.isSelf ? " *" : ""), node.state, "\(node.running)/\(node.capacity)", "\(node.queued)",
                APITime.date(node.heartbeatAt).map { JobTable.span(Date().timeIntervalSince($0)) } ?? "-", node.version,
                node.labels.joined(separator: ","),
            ].map(\.withoutControlCharacters)
        }
        let all = [headings] + rows
        let widths = headings.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
        return all.map { row in
            let line = zip(row, widths).map { cell, width in
                cell.padding(toLength: max(width, cell.count), withPad: " ", startingAt: 0)
            }.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed()) + "\n"
        }.joined()
    }
}
