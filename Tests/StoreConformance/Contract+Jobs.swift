import Foundation
import SrunKit
import Testing

extension StoreContract {
    public static let jobs = [
        StoreRequirement("a job has every field of its spec when it is read back", keepsEveryField),
        StoreRequirement("a job with nothing but a command is kept", keepsSmallestJob),
        StoreRequirement("an argument list stays a list", keepsArgumentList),
        StoreRequirement("a job without a terminal stays without", keepsPipes),
        StoreRequirement("a time limit is kept to the last digit", keepsTimeLimit),
        StoreRequirement("the environment is kept whatever it holds", keepsEnvironment),
        StoreRequirement("text is kept to the byte, not normalized", keepsTextAsItIs),
        StoreRequirement("the largest spec is kept", keepsLargestSpec),
        StoreRequirement("times are kept to the microsecond", keepsMicroseconds),
        StoreRequirement("a job of any time is kept", keepsAnyTime),
        StoreRequirement("a restart remembers where it came from, known or not", keepsRestartOf),
        StoreRequirement("the node is kept", keepsNode),
        StoreRequirement("a job is inserted in any state", insertsAnyState),
        StoreRequirement("every way to end is kept", keepsEveryEnding),
        StoreRequirement("reason and usage are kept", keepsReasonAndUsage),
        StoreRequirement("an unknown job is nil, not an error", unknownJobIsNil),
        StoreRequirement("an identifier is taken once", refusesSecondInsert),
        StoreRequirement("identifiers that differ in case are two jobs", tellsCaseApart),
        StoreRequirement("identifiers of every form are taken", takesEveryIdentifier),
        StoreRequirement("a finished job has the output length it was given", keepsFinalLength),
        StoreRequirement("an unfinished job has as much output as is stored", countsStoredOutput),
    ]

    private static func staysSame(
        _ job: Job, in store: any Store, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        try await store.insert(job)
        #expect(try await store.job(job.id) == job, sourceLocation: sourceLocation)
    }

    @Sendable static func keepsEveryField(_ store: any Store) async throws {
        let spec = JobSpec(
            stored: .shell("make -j4 && ./run 'a b' | tee \"$HOME/log\""),
            workingDirectory: "/srv/build",
            environment: ["LANG": "C.UTF-8", "EMPTY": ""],
            terminal: TerminalSize(columns: 211, rows: 57),
            timeLimit: .milliseconds(90_500),
            name: "nightly build",
            tags: ["ci", "nightly"]
        ).with(storedSecrets: ["TOKEN": "it's \"secret\"\n"])
        let run = JobRun(startedAt: noon.addingTimeInterval(1), processID: 321)
        let usage = ResourceUsage(
            userSeconds: 1.25, systemSeconds: 0.1, maxResidentBytes: 123_456_789, readBytes: 1 << 33, writtenBytes: 0)
        let end = JobEnd(
            outcome: JobOutcome(.exited(.code(3)), reason: "why", usage: usage), endedAt: noon.addingTimeInterval(5),
            outputBytes: 9_876_543_210, ranFor: .microseconds(4_000_001))
        try await staysSame(
            Job(
                id: id(1), spec: spec, createdAt: noon, node: node, restartOf: id(2), createdBy: "ada@example.org",
                state: .finished(end, run), outputBytes: 9_876_543_210),
            in: store)
    }

    @Sendable static func keepsSmallestJob(_ store: any Store) async throws {
        try await staysSame(
            Job(id: id(1), spec: JobSpec(stored: .shell("w")), createdAt: noon, node: "n"), in: store)
    }

    @Sendable static func keepsArgumentList(_ store: any Store) async throws {
        let arguments = ["printf", "%s\n", "", "two words", "it's", "\"quoted\"", "ü", "\\", "--", "new\nline"]
        let spec = JobSpec(stored: .arguments(arguments))
        try await staysSame(Job(id: id(1), spec: spec, createdAt: noon, node: node), in: store)
        // What it looks like as text is also a command somebody may have asked for.
        let text = JobSpec(stored: .shell(spec.commandText))
        try await staysSame(Job(id: id(2), spec: text, createdAt: noon, node: node), in: store)
    }

    @Sendable static func keepsPipes(_ store: any Store) async throws {
        let spec = JobSpec(stored: .shell("w"), terminal: nil)
        try await staysSame(Job(id: id(1), spec: spec, createdAt: noon, node: node), in: store)
    }

    @Sendable static func keepsTimeLimit(_ store: any Store) async throws {
        let limits: [Duration] = [
            .seconds(1), .milliseconds(1), .seconds(100_000_000), .nanoseconds(1),
            Duration(secondsComponent: 7, attosecondsComponent: 1),
        ]
        for (number, limit) in limits.enumerated() {
            let spec = JobSpec(stored: .shell("w"), timeLimit: limit)
            try await staysSame(Job(id: id(number), spec: spec, createdAt: noon, node: node), in: store)
        }
    }

    @Sendable static func keepsEnvironment(_ store: any Store) async throws {
        let environment = [
            "PATH": "/bin:/usr/bin", "empty": "", "with space": "a b", "lines": "one\ntwo\r\n", "tab": "\t",
            "quote": "\"'`",
            "ключ": "значение", "escape": "\u{1b}[0m", "equals": "a=b=c", "zero": "0", "null": "null",
        ]
        let spec = JobSpec(stored: .shell("env"), environment: environment)
        try await staysSame(Job(id: id(1), spec: spec, createdAt: noon, node: node), in: store)
    }

    @Sendable static func keepsTextAsItIs(_ store: any Store) async throws {
        // The same word to a reader, but not the same file name.
        let texts = [
            "caf\u{e9}", "cafe\u{301}", "👩‍👩‍👧 ل שלום", "\u{feff}mark", "a\u{200b}b", "  spaces  ",
            "'; DROP TABLE jobs; --",
        ]
        for (number, text) in texts.enumerated() {
            let written = job(number, command: text, name: text, tags: [text])
            try await store.insert(written)
            let read = try #require(try await store.job(written.id))
            #expect(Array(read.spec.commandText.utf8) == Array(text.utf8))
            #expect(Array((read.spec.name ?? "").utf8) == Array(text.utf8))
            #expect(read.spec.tags.map { Array($0.utf8) } == [Array(text.utf8)])
        }
    }

    @Sendable static func keepsLargestSpec(_ store: any Store) async throws {
        let environment = Dictionary(
            uniqueKeysWithValues: (0..<JobSpec.Limits.environmentEntries).map {
                ("NAME_\($0)", String(repeating: "v", count: 490))
            })
        let spec = try JobSpec(
            command: .shell(String(repeating: "é", count: JobSpec.Limits.commandBytes / 2)),
            environment: environment,
            name: String(repeating: "n", count: JobSpec.Limits.nameBytes),
            tags: (0..<JobSpec.Limits.tags).map { "\($0)" + String(repeating: "t", count: 60) })
        try await staysSame(Job(id: id(1), spec: spec, createdAt: noon, node: node), in: store)
    }

    @Sendable static func keepsMicroseconds(_ store: any Store) async throws {
        for microsecond in [Int64(0), 1, 499_999, 999_999] {
            let time = Date(microseconds: 1_750_000_000_000_000 + microsecond)
            let run = JobRun(startedAt: time, processID: 1)
            let end = JobEnd(outcome: JobOutcome(.stopped(nil)), endedAt: time, outputBytes: 0)
            let written = Job(
                id: id(Int(microsecond)), spec: JobSpec(stored: .shell("w")), createdAt: time, node: node,
                state: .finished(end, run))
            try await store.insert(written)
            let read = try #require(try await store.job(written.id))
            #expect(read.createdAt.microseconds == time.microseconds)
            #expect(read.state.run?.startedAt.microseconds == time.microseconds)
            #expect(read.state.end?.endedAt.microseconds == time.microseconds)
        }
    }

    @Sendable static func keepsAnyTime(_ store: any Store) async throws {
        for (number, seconds) in [-62_000_000_000.0, -0.5, 0, 4_102_444_800].enumerated() {
            let spec = JobSpec(stored: .shell("w"))
            try await staysSame(
                Job(id: id(number), spec: spec, createdAt: Date(timeIntervalSince1970: seconds), node: node), in: store)
        }
    }

    @Sendable static func keepsRestartOf(_ store: any Store) async throws {
        try await store.insert(job(1))
        let spec = JobSpec(stored: .shell("w"))
        try await staysSame(Job(id: id(2), spec: spec, createdAt: noon, node: node, restartOf: id(1)), in: store)
        try await staysSame(Job(id: id(3), spec: spec, createdAt: noon, node: node, restartOf: id(99)), in: store)
    }

    @Sendable static func keepsNode(_ store: any Store) async throws {
        for (number, name) in ["a", "A", "host.example.org", "ü", "100%", "with space"].enumerated() {
            try await staysSame(job(number, node: name), in: store)
        }
    }

    @Sendable static func insertsAnyState(_ store: any Store) async throws {
        let unclaimed = JobRun(startedAt: noon)
        let states: [JobState] = [
            .queued, .running(unclaimed), running, finished(.exited(.code(0))), finished(.exited(.code(1))),
            finished(.stopped(nil), run: nil), finished(.timedOut(.signal(9))), finished(.lost),
            finished(.lost, run: nil),
            finished(.failedToStart, run: unclaimed),
        ]
        for (number, state) in states.enumerated() { try await staysSame(job(number, state), in: store) }
    }

    @Sendable static func keepsEveryEnding(_ store: any Store) async throws {
        let exits: [ProcessExit] = [.code(0), .code(1), .code(127), .code(255), .signal(1), .signal(9), .signal(64)]
        let endings: [JobOutcome.Ending] =
            exits.map { .exited($0) } + exits.map { .stopped($0) } + exits.map { .timedOut($0) }
            + [.stopped(nil), .timedOut(nil), .failedToStart, .lost]
        for (number, ending) in endings.enumerated() {
            try await store.insert(job(number, running))
            try await store.advance(id(number), to: finished(ending))
            #expect(try await store.job(id(number))?.state == finished(ending))
        }
    }

    @Sendable static func keepsReasonAndUsage(_ store: any Store) async throws {
        let usage = ResourceUsage(userSeconds: 0.1 + 0.2, systemSeconds: 1e-6, maxResidentBytes: 1 << 40)
        let end = finished(.failedToStart, reason: "No such file or directory (ENOENT) \"ü\"\n", usage: usage)
        try await store.insert(job(1, running))
        try await store.advance(id(1), to: end)
        #expect(try await store.job(id(1))?.state == end)
        try await staysSame(
            job(2, finished(usage: ResourceUsage(userSeconds: 0, systemSeconds: 0, maxResidentBytes: 0))), in: store)
    }

    @Sendable static func unknownJobIsNil(_ store: any Store) async throws {
        #expect(try await store.job(id(1)) == nil)
        try await store.insert(job(1))
        #expect(try await store.job(id(2)) == nil)
    }

    @Sendable static func refusesSecondInsert(_ store: any Store) async throws {
        let first = job(1, running, command: "first")
        try await store.insert(first)
        await #expect(throws: error(.alreadyExists)) { try await store.insert(job(1, command: "second")) }
        await #expect(throws: error(.alreadyExists)) { try await store.insert(first) }
        #expect(try await store.job(id(1)) == first)
        #expect(try await listed(JobQuery(), in: store) == [first])
    }

    @Sendable static func tellsCaseApart(_ store: any Store) async throws {
        for (text, command) in [("abc", "lower"), ("ABC", "upper"), ("Abc", "both")] {
            let id = try #require(JobID(text))
            try await staysSame(
                Job(id: id, spec: JobSpec(stored: .shell(command)), createdAt: noon, node: node), in: store)
        }
    }

    @Sendable static func takesEveryIdentifier(_ store: any Store) async throws {
        let texts = [
            "a", "-", "_", "0", String(repeating: "x", count: 64), "f47ac10b-58cc-4372-a567-0e02b2c3d479", "NULL",
            "1e5",
        ]
        for text in texts {
            let id = try #require(JobID(text))
            try await staysSame(Job(id: id, spec: JobSpec(stored: .shell("w")), createdAt: noon, node: node), in: store)
        }
        #expect(try await listed(JobQuery(), in: store).count == texts.count)
    }

    @Sendable static func keepsFinalLength(_ store: any Store) async throws {
        try await staysSame(job(1, finished(outputBytes: 77)), in: store)
        try await store.insert(job(2, running))
        try await store.append([chunk(at: 0, "12345")], to: id(2))
        try await store.advance(id(2), to: finished(outputBytes: 5))
        #expect(try await store.job(id(2))?.outputBytes == 5)
    }

    @Sendable static func countsStoredOutput(_ store: any Store) async throws {
        try await store.insert(job(1, running))
        #expect(try await store.job(id(1))?.outputBytes == 0)
        try await store.append([chunk(at: 0, "12345"), chunk(at: 5, "67")], to: id(1))
        #expect(try await store.job(id(1))?.outputBytes == 7)
    }
}
