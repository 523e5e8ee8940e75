import Foundation
import SrunKit
import Testing

extension StoreContract {
    public static let listing =
        [
            StoreRequirement("an empty store has an empty list", emptyList),
            StoreRequirement("jobs are listed newest first", newestFirst),
            StoreRequirement("jobs of the same microsecond are listed by identifier", sameTimeByIdentifier),
            StoreRequirement("pages show every job once", pagesShowEachJobOnce),
            StoreRequirement("the last page says that it is the last", lastPageHasNoNext),
            StoreRequirement("a limit that is out of range is brought inside", clampsLimit),
            StoreRequirement("jobs inserted between two pages move nothing", insertedJobsMoveNothing),
            StoreRequirement("jobs removed between two pages move nothing", removedJobsMoveNothing),
            StoreRequirement("a page begins where a job was that is gone", cursorOutlivesItsJob),
            StoreRequirement("a cursor from text leads to the same page", cursorFromText),
            StoreRequirement("a cursor may name any time", cursorOfAnyTime),
            StoreRequirement("a listed job is the whole job", listsWholeJobs),
            StoreRequirement("jobs are found by status", filtersByStatus),
            StoreRequirement("a job is found by the status it has now", filterFollowsStatus),
            StoreRequirement("text is found in command, name, identifier and tags", findsTextEverywhere),
            StoreRequirement("text is found in an argument list as it is shown", findsTextInArguments),
            StoreRequirement("upper and lower case of ASCII letters are found alike, of others not", ignoresASCIICase),
            StoreRequirement("text of other scripts is found", findsUnicode),
            StoreRequirement("text is found only within one field", staysWithinField),
            StoreRequirement("empty text finds everything", emptyTextFindsAll),
            StoreRequirement("text with a NUL finds nothing", nulFindsNothing),
            StoreRequirement("long text is no trouble", findsLongText),
            StoreRequirement("conditions hold together, over pages", combinesConditions),
            StoreRequirement("jobs are found by a whole tag, node or name of who asked, over pages", filtersExactly),
            StoreRequirement("exact conditions hold together with all others", combinesExactConditions),
            StoreRequirement("a removed job is not found by its tag", removedJobHasNoTag),
        ]
        + #"% _ \ ' " * ? [ ] ^ $ ( ; -- /*"#.split(separator: " ").map { character in
            StoreRequirement("'\(character)' in the text means itself") {
                try await findsLiterally(String(character), $0)
            }
        }

    private static func insert(_ count: Int, into store: any Store) async throws {
        for number in 1...count { try await store.insert(job(number)) }
    }

    private static func numbers(_ jobs: [Job], among count: Int = 30) -> [Int] {
        jobs.compactMap { job in (1...count).first { id($0) == job.id } }
    }

    @Sendable static func emptyList(_ store: any Store) async throws {
        #expect(try await store.jobs(JobQuery()) == JobPage(jobs: [], next: nil))
        #expect(try await store.jobs(JobQuery(statuses: [.running], text: "a")) == JobPage(jobs: [], next: nil))
    }

    @Sendable static func newestFirst(_ store: any Store) async throws {
        for number in [3, 1, 5, 2, 4] { try await store.insert(job(number)) }
        #expect(numbers(try await store.jobs(JobQuery()).jobs) == [5, 4, 3, 2, 1])
    }

    @Sendable static func sameTimeByIdentifier(_ store: any Store) async throws {
        let texts = ["b", "B", "a", "_", "-", "0", "ab", "Z", "z"]
        for text in texts {
            let id = try #require(JobID(text))
            try await store.insert(Job(id: id, spec: JobSpec(stored: .shell("w")), createdAt: noon, node: node))
        }
        let expected = texts.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }.reversed()
        #expect(try await store.jobs(JobQuery()).jobs.map(\.id.text) == Array(expected))
        #expect(try await listed(JobQuery(limit: 2), in: store).map(\.id.text) == Array(expected))
    }

    @Sendable static func pagesShowEachJobOnce(_ store: any Store) async throws {
        try await insert(23, into: store)
        for limit in [1, 2, 5, 22, 23, 24] {
            #expect(
                numbers(try await listed(JobQuery(limit: limit), in: store)) == Array((1...23).reversed()), "\(limit)")
        }
    }

    @Sendable static func lastPageHasNoNext(_ store: any Store) async throws {
        try await insert(6, into: store)
        #expect(try await store.jobs(JobQuery(limit: 6)).next == nil)
        #expect(try await store.jobs(JobQuery(limit: 7)).next == nil)
        let first = try await store.jobs(JobQuery(limit: 3))
        #expect(first.next == JobCursor(job(4)))
        let second = try await store.jobs(JobQuery(after: first.next, limit: 3))
        #expect(second.next == nil)
        #expect(numbers(second.jobs) == [3, 2, 1])
    }

    @Sendable static func clampsLimit(_ store: any Store) async throws {
        for number in 0...JobQuery.maximumLimit { try await store.insert(job(number)) }
        for limit in [0, -1, .min] { #expect(try await store.jobs(JobQuery(limit: limit)).jobs.count == 1) }
        for limit in [JobQuery.maximumLimit, JobQuery.maximumLimit + 1, .max] {
            #expect(try await store.jobs(JobQuery(limit: limit)).jobs.count == JobQuery.maximumLimit)
        }
        #expect(try await store.jobs(JobQuery()).jobs.count == JobQuery.defaultLimit)
    }

    @Sendable static func insertedJobsMoveNothing(_ store: any Store) async throws {
        for number in 10...19 { try await store.insert(job(number)) }
        var seen: [Job] = []
        var query = JobQuery(limit: 3)
        for added in [(25, 1), (26, 2), (27, 3), (28, 4)] {
            let page = try await store.jobs(query)
            seen += page.jobs
            query.after = page.next
            // One newer than everything and one older.
            try await store.insert(job(added.0))
            try await store.insert(job(added.1))
        }
        #expect(numbers(seen).filter { (10...19).contains($0) } == Array((10...19).reversed()))
        #expect(Set(seen.map(\.id)).count == seen.count)
    }

    @Sendable static func removedJobsMoveNothing(_ store: any Store) async throws {
        for number in 1...12 { try await store.insert(job(number, finished())) }
        let first = try await store.jobs(JobQuery(limit: 4))
        try await store.remove(id(12))
        try await store.remove(id(10))
        try await store.remove(id(8))
        let second = try await store.jobs(JobQuery(after: first.next, limit: 4))
        #expect(numbers(second.jobs) == [7, 6, 5, 4])
    }

    @Sendable static func cursorOutlivesItsJob(_ store: any Store) async throws {
        for number in 1...6 { try await store.insert(job(number, finished())) }
        let first = try await store.jobs(JobQuery(limit: 3))
        try await store.remove(id(4))
        #expect(numbers(try await store.jobs(JobQuery(after: first.next, limit: 3)).jobs) == [3, 2, 1])
    }

    @Sendable static func cursorFromText(_ store: any Store) async throws {
        try await insert(9, into: store)
        let next = try #require(try await store.jobs(JobQuery(limit: 4)).next)
        let cursor = try #require(JobCursor(next.description))
        #expect(numbers(try await store.jobs(JobQuery(after: cursor)).jobs) == [5, 4, 3, 2, 1])
    }

    @Sendable static func cursorOfAnyTime(_ store: any Store) async throws {
        try await insert(3, into: store)
        for seconds in [-Double.greatestFiniteMagnitude, -1e13, 0] {
            let cursor = JobCursor(createdAt: Date(timeIntervalSince1970: seconds), id: id(1))
            #expect(try await store.jobs(JobQuery(after: cursor)).jobs.isEmpty)
        }
        for seconds in [1e11, 1e13, Double.greatestFiniteMagnitude] {
            let cursor = JobCursor(createdAt: Date(timeIntervalSince1970: seconds), id: id(1))
            #expect(try await store.jobs(JobQuery(after: cursor)).jobs.count == 3)
        }
    }

    @Sendable static func listsWholeJobs(_ store: any Store) async throws {
        let jobs = [
            job(3, finished(.exited(.signal(6)), reason: "why", outputBytes: 44), name: "named", tags: ["x", "y"]),
            job(2, running), job(1, command: "waits"),
        ]
        for job in jobs { try await store.insert(job) }
        #expect(try await store.jobs(JobQuery()).jobs == jobs)
    }

    @Sendable static func filtersByStatus(_ store: any Store) async throws {
        let states: [JobState] = [
            .queued, running, finished(), finished(.exited(.code(1))), finished(.stopped(nil)),
            finished(.timedOut(nil)),
            finished(.lost),
        ]
        for (number, state) in (states + states).enumerated() { try await store.insert(job(number + 1, state)) }
        for status in JobStatus.allCases {
            let found = try await listed(JobQuery(statuses: [status], limit: 1), in: store)
            #expect(found.map(\.status) == [status, status])
        }
        let ended = try await store.jobs(JobQuery(statuses: Set(JobStatus.allCases.filter(\.isFinal)))).jobs
        #expect(numbers(ended) == [14, 13, 12, 11, 10, 7, 6, 5, 4, 3])
        #expect(try await store.jobs(JobQuery(statuses: Set(JobStatus.allCases))).jobs.count == 14)
    }

    @Sendable static func filterFollowsStatus(_ store: any Store) async throws {
        try await store.insert(job(1))
        let steps: [(JobState, JobStatus)] = [(running, .running), (finished(), .completed)]
        for (state, status) in steps {
            try await store.advance(id(1), to: state)
            for candidate in JobStatus.allCases {
                let count = try await store.jobs(JobQuery(statuses: [candidate])).jobs.count
                #expect(count == (candidate == status ? 1 : 0))
            }
        }
    }

    private static func found(_ text: String, in store: any Store) async throws -> [Int] {
        numbers(try await store.jobs(JobQuery(text: text)).jobs)
    }

    @Sendable static func findsTextEverywhere(_ store: any Store) async throws {
        try await store.insert(job(1, command: "make needle now"))
        try await store.insert(job(2, name: "a needle"))
        try await store.insert(job(3, tags: ["first", "needles", "last"]))
        try await store.insert(job(4, command: "hay", name: "hay", tags: ["hay"]))
        #expect(try await found("needle", in: store) == [3, 2, 1])
        #expect(try await found("make needle now", in: store) == [1])
        #expect(try await found(id(4).text, in: store) == [4])
        #expect(try await found(String(id(4).text.prefix(14)), in: store) == [4])
        #expect(try await found("nowhere", in: store).isEmpty)
    }

    @Sendable static func findsTextInArguments(_ store: any Store) async throws {
        let spec = JobSpec(stored: .arguments(["tar", "-cf", "my file.tar", "."]))
        try await store.insert(Job(id: id(1), spec: spec, createdAt: noon, node: node))
        #expect(try await found("tar -cf 'my file.tar'", in: store) == [1])
        #expect(try await found("\"", in: store).isEmpty)
    }

    @Sendable static func ignoresASCIICase(_ store: any Store) async throws {
        try await store.insert(job(1, command: "Make ALL", name: "Größe Ä", tags: ["MiXeD"]))
        for text in ["make all", "MAKE all", "größe", "GRöße", "mixed", "MIXED"] {
            #expect(try await found(text, in: store) == [1], "\(text)")
        }
        for text in ["GRÖSSE", "grÖße", "ä"] { #expect(try await found(text, in: store).isEmpty, "\(text)") }
    }

    @Sendable static func findsUnicode(_ store: any Store) async throws {
        try await store.insert(job(1, command: "echo 日本語 🚀", name: "наборы", tags: ["مرحبا"]))
        for text in ["本語", "🚀", "бор", "مرح"] { #expect(try await found(text, in: store) == [1], "\(text)") }
    }

    @Sendable static func staysWithinField(_ store: any Store) async throws {
        try await store.insert(job(1, command: "alpha", name: "beta", tags: ["gamma", "delta", "a\"b\\c/d"]))
        for text in [
            "alphabeta", "alpha beta", "gammadelta", "gamma,delta", "a\",\"delta", "[", "\",", "\\\"", "\\/", "null",
        ] {
            #expect(try await found(text, in: store).isEmpty, "\(text)")
        }
        #expect(try await found("a\"b\\c/d", in: store) == [1])
    }

    @Sendable static func emptyTextFindsAll(_ store: any Store) async throws {
        try await insert(3, into: store)
        #expect(try await found("", in: store) == [3, 2, 1])
    }

    @Sendable static func nulFindsNothing(_ store: any Store) async throws {
        try await store.insert(job(1, command: "echo a"))
        for text in ["\0", "echo\0", "\0echo", "echo a\0b"] { #expect(try await found(text, in: store).isEmpty) }
    }

    @Sendable static func findsLongText(_ store: any Store) async throws {
        let long = String(repeating: "x", count: 60_000)
        try await store.insert(job(1, command: long + "end"))
        #expect(try await found(long, in: store) == [1])
        #expect(try await found(long + long, in: store).isEmpty)
    }

    private static func findsLiterally(_ character: String, _ store: any Store) async throws {
        try await store.insert(job(1, command: "a\(character)b"))
        try await store.insert(job(2, name: "n\(character)m"))
        try await store.insert(job(3, tags: ["t\(character)u"]))
        try await store.insert(job(4, command: "axb", name: "nm", tags: ["txu", "abc"]))
        #expect(try await found(character, in: store) == [3, 2, 1])
        #expect(try await found("a\(character)b", in: store) == [1])
        #expect(try await found("n\(character)m", in: store) == [2])
        #expect(try await found("t\(character)u", in: store) == [3])
        #expect(try await found("\(character)\(character)\(character)", in: store).isEmpty)
    }

    @Sendable static func combinesConditions(_ store: any Store) async throws {
        for number in 1...24 {
            let state = number.isMultiple(of: 2) ? running : finished()
            try await store.insert(job(number, state, command: number.isMultiple(of: 3) ? "build it" : "test it"))
        }
        for limit in [1, 2, 10] {
            let query = JobQuery(statuses: [.running, .lost], text: "Build", limit: limit)
            #expect(numbers(try await listed(query, in: store)) == [24, 18, 12, 6])
        }
    }

    @Sendable static func filtersExactly(_ store: any Store) async throws {
        let composed = "caf\u{e9}"
        let decomposed = "cafe\u{301}"
        try await store.insert(job(1, node: "node-b", tags: ["deploy", "x"], by: "ada"))
        try await store.insert(job(2, tags: ["deploy-later", "Deploy", composed], by: "Ada"))
        try await store.insert(job(3, tags: ["x", "deploy", "x"], by: composed))
        try await store.insert(job(4, node: "node", tags: ["%", "it's"]))
        for limit in [1, 10] {
            func found(_ query: JobQuery) async throws -> [Int] {
                var query = query
                query.limit = limit
                return numbers(try await listed(query, in: store))
            }
            #expect(try await found(JobQuery(tag: "deploy")) == [3, 1])
            #expect(try await found(JobQuery(tag: "x")) == [3, 1], "a tag given twice lists its job once")
            #expect(try await found(JobQuery(tag: "Deploy")) == [2])
            #expect(try await found(JobQuery(tag: composed)) == [2])
            #expect(try await found(JobQuery(tag: decomposed)).isEmpty)
            for text in ["depl", "deploy ", "*", "deploy\0", "\0"] {
                #expect(try await found(JobQuery(tag: text)).isEmpty)
                #expect(try await found(JobQuery(node: text)).isEmpty)
                #expect(try await found(JobQuery(createdBy: text)).isEmpty)
            }
            #expect(try await found(JobQuery(tag: "%")) == [4])
            #expect(try await found(JobQuery(tag: "it's")) == [4])
            #expect(try await found(JobQuery(node: node)) == [3, 2])
            #expect(try await found(JobQuery(node: "node")) == [4])
            #expect(try await found(JobQuery(node: "node-b")) == [1])
            #expect(try await found(JobQuery(createdBy: "ada")) == [1])
            #expect(try await found(JobQuery(createdBy: composed)) == [3])
            #expect(try await found(JobQuery(createdBy: decomposed)).isEmpty)
        }
    }

    @Sendable static func combinesExactConditions(_ store: any Store) async throws {
        for number in 1...24 {
            let state = number.isMultiple(of: 2) ? running : finished()
            try await store.insert(
                job(
                    number, state, node: number.isMultiple(of: 4) ? "four" : node, command: "build \(number)",
                    tags: number.isMultiple(of: 3) ? ["third"] : [], by: number > 12 ? "late" : nil))
        }
        for limit in [1, 10] {
            var query = JobQuery(statuses: [.running], text: "BUILD", tag: "third", node: "four", limit: limit)
            #expect(numbers(try await listed(query, in: store)) == [24, 12])
            query.createdBy = "late"
            #expect(numbers(try await listed(query, in: store)) == [24])
            query = JobQuery(statuses: [.completed, .lost], node: node, createdBy: "late", limit: limit)
            #expect(numbers(try await listed(query, in: store)) == [23, 21, 19, 17, 15, 13])
        }
    }

    @Sendable static func removedJobHasNoTag(_ store: any Store) async throws {
        try await store.insert(job(1, finished(), tags: ["a", "b"]))
        try await store.insert(job(2, finished(), tags: ["a"]))
        try await store.remove(id(1))
        #expect(numbers(try await store.jobs(JobQuery(tag: "a")).jobs) == [2])
        #expect(try await store.jobs(JobQuery(tag: "b")).jobs.isEmpty)
        // The same job again, without the tag it once had.
        try await store.insert(job(1, finished(), tags: ["c"]))
        #expect(try await store.jobs(JobQuery(tag: "b")).jobs.isEmpty)
        #expect(numbers(try await store.jobs(JobQuery(tag: "c")).jobs) == [1])
    }
}
