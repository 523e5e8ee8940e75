import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOHTTP1
import SrunKit

/// How a person says which job.
struct JobArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "The job: its id, a beginning or end of it that no other has, or its name.", valueName: "job"))
    var text: String

    func id(_ client: APIClient) async throws -> String { try await JobReference(text).id(client) }
}

/// A job by its id, by a part of it, or by the name that somebody has given it: then the newest with that name.
struct JobReference {
    /// A shorter one would be somebody's mistake, and fit too many.
    private static let shortestPart = 4
    /// What is looked through, newest first, before a person is asked to be more exact.
    private static let mostPages = 10

    let text: String

    init(_ text: String) { self.text = text }

    /// - Throws: ``Failure`` when there is none, or more than one.
    func id(_ client: APIClient) async throws -> String {
        // Whole ones, which is what scripts give, are not looked up.
        if UUID(uuidString: text) != nil { return text }
        guard !text.isEmpty, text.utf8.count <= ListRequest.maximumTextBytes else { throw missing }
        var found: [String] = []
        var target: String? = "/api/jobs?limit=500&q=\(PercentCoding.encoded(text))"
        for _ in 0..<Self.mostPages {
            guard let next = target else { break }
            let response = try await client.send(.GET, next)
            let jobs = try client.decode([JobSummary].self, try await client.data(of: response))
            if let job = jobs.first(where: { $0.id == text || $0.name == text }) { return job.id }
            found += jobs.map(\.id).filter(hasPart)
            target = PageLink.next(response.headers["Link"])
        }
        guard let only = found.first else { throw missing }
        guard found.count == 1 else {
            throw Failure(
                .badData,
                "\(found.count) jobs have an id with this part: \(found.prefix(3).joined(separator: ", "))"
                    + (found.count > 3 ? ", ..." : ""))
        }
        return only
    }

    private func hasPart(_ id: String) -> Bool {
        text.utf8.count >= Self.shortestPart && (id.hasPrefix(text) || id.hasSuffix(text))
    }

    private var missing: Failure { Failure(.noSuchJob, "there is no such job") }
}
