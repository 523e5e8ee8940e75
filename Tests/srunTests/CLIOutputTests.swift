import Foundation
import SrunKit
import Testing

@testable import srun

@Suite("Job table")
struct CLIJobTableTests {
    private func job(_ fields: String) throws -> JobSummary {
        let text =
            #"{"id": "j1", "createdAt": "2026-11-23T10:00:00.000000Z", "#
            + #""startedAt": "2026-11-23T10:00:01.500000Z", \#(fields)}"#
        return try JSONDecoder().decode(JobSummary.self, from: Data(text.utf8))
    }

    private func table(_ jobs: [JobSummary], width: Int? = nil) -> [Substring] {
        let now = APITime.date("2026-11-23T10:01:05.000000Z") ?? .distantPast
        return JobTable(jobs: jobs, now: now, width: width).text.split(separator: "\n")
    }

    @Test func showsOneLinePerJob() throws {
        let ended = try job(
            #""command": "make", "status": "failed", "exitCode": 2, "completedAt": "2026-11-23T10:00:03.700000Z""#)
        let running = try job(#""command": "sleep 9", "status": "running", "name": "nap""#)
        #expect(
            table([ended, running]) == [
                "ID  STATUS   EXIT  AGE    TIME   COMMAND",
                "j1  failed   2     1m05s  2.2s   make",
                "j1  running  -     1m05s  1m03s  nap: sleep 9",
            ])
    }

    @Test func tellsWhereJobsOfATeamRun() throws {
        let here = try job(#""command": "a", "status": "running", "node": "alpha", "unknown": false"#)
        let there = try job(#""command": "b", "status": "running", "node": "beta", "unknown": true"#)
        let nowhere = try job(#""command": "c", "status": "queued", "node": null"#)
        #expect(
            table([here, there, nowhere]) == [
                "ID  STATUS   EXIT  AGE    TIME   NODE   COMMAND",
                "j1  running  -     1m05s  1m03s  alpha  a",
                "j1  unknown  -     1m05s  1m03s  beta   b",
                "j1  queued   -     1m05s  1m03s  -      c",
            ])
        #expect(table([here, nowhere]).first == "ID  STATUS   EXIT  AGE    TIME   COMMAND")
    }

    @Test func commandsCannotSteerTheTerminal() throws {
        let job = try job(#""command": "a\u001b[2J\nb\u009b", "status": "running""#)
        #expect(table([job]).count == 2)
        #expect(table([job]).last?.hasSuffix("a^[[2J^Jb?") == true)
    }

    @Test func cutsLinesAtTheWidth() throws {
        let job = try job(#""command": "0123456789012345678901234567890123456789", "status": "running""#)
        #expect(table([job], width: 40).allSatisfy { $0.count <= 40 })
        #expect(table([job], width: 40).last?.hasSuffix("…") == true)
    }

    @Test(arguments: [
        (0, "0.0s"), (9.94, "9.9s"), (59.9, "59s"), (61, "1m01s"), (7260, "2h01m"), (200_000, "2d"), (-5, "0.0s"),
    ])
    func namesLengthsOfTimeShortly(_ seconds: Double, _ text: String) {
        #expect(JobTable.span(seconds) == text)
    }
}

@Suite("Exit codes")
struct CLIExitCodeTests {
    @Test(arguments: [
        (#""status": "completed", "exitCode": 0"#, 0),
        (#""status": "failed", "exitCode": 255"#, 255),
        (#""status": "failed", "signal": 9"#, 137),
        (#""status": "timeout", "signal": 15"#, 124),
        (#""status": "stopped", "signal": 15"#, 143),
        (#""status": "stopped", "exitCode": 3"#, 3),
        (#""status": "stopped""#, 143),
        (#""status": "failed", "reason": "failed to start: No such file or directory (ENOENT)""#, 127),
        (#""status": "failed", "reason": "failed to start: Permission denied (EACCES)""#, 126),
        (#""status": "lost""#, 69),
    ])
    func runEndsAsAShellWould(_ fields: String, _ code: Int32) throws {
        let text = #"{"id": "j", "command": "c", "createdAt": "2026-11-23T10:00:00.000000Z", \#(fields)}"#
        #expect(try JSONDecoder().decode(JobSummary.self, from: Data(text.utf8)).shellExitCode == code)
    }

    @Test(arguments: [
        (404, "job_not_found", ExitCodes.noSuchJob), (401, "unauthorized", .permission),
        (403, "forbidden", .permission),
        (409, "still_running", .temporary), (409, "not_running", .badData), (503, "shutting_down", .unavailable),
        (507, "storage_full", .inputOutput), (400, "invalid_command", .badData), (500, "internal", .protocolError),
        (404, "not_found", .protocolError), (429, "queue_full", .temporary),
    ])
    func answersHaveTheirCode(_ status: Int, _ code: String, _ expected: ExitCodes) {
        #expect(ExitCodes(httpStatus: status, apiCode: code) == expected)
    }

    @Test(arguments: [
        (StoreError.Code.locked, ExitCodes.temporary), (.corrupt, .badData), (.newerSchema, .badData),
        (.cannotCreate, .cannotCreate), (.unsafePermissions, .permission), (.full, .inputOutput),
    ])
    func storesThatDoNotOpenHaveTheirCode(_ code: StoreError.Code, _ expected: ExitCodes) {
        #expect(ExitCodes(code) == expected)
    }
}

@Suite("Client")
struct CLIClientTests {
    @Test func followsTheLinkToTheNextPage() {
        #expect(PageLink.next([#"</api/jobs?cursor=1.a&limit=5>; rel="next""#]) == "/api/jobs?cursor=1.a&limit=5")
        #expect(PageLink.next([#"</prefix/api/jobs?cursor=1.a>; rel="next""#]) == "/api/jobs?cursor=1.a")
        #expect(PageLink.next([#"</api/jobs?cursor=1.a>; rel="prev""#]) == nil)
        #expect(PageLink.next([]) == nil)
    }

    @Test func identifiersCannotLeaveTheirPlaceInAPath() {
        #expect(APIClient.path("a-b_C9", "/logs") == "/api/jobs/a-b_C9/logs")
        #expect(APIClient.path("../x?y#z") == "/api/jobs/%2E%2E%2Fx%3Fy%23z")
    }

    @Test(arguments: ["127.0.0.1:8000", "ftp://h", "http://", "http://u:p@h", "http://h/?x=1", "http://h/#x", ""])
    func refusesWhatIsNoServer(_ url: String) throws {
        let failure = #expect(throws: Failure.self) {
            try ServerConnection(url: url, tokenFile: nil, stateFolder: "/nowhere", environment: [:])
        }
        #expect(failure?.code == .usage)
    }

    @Test func tokenGoesOnlyToTheServerOfTheFolder() throws {
        try withTemporaryFolder { folder in
            let token = try TokenFile.create("\(folder)/token")
            let file = try ServerFile("\(folder)/server.json", url: "http://127.0.0.1:81")
            defer { file.remove() }
            func connection(_ url: String?) throws -> ServerConnection {
                try ServerConnection(url: url, tokenFile: nil, stateFolder: folder, environment: [:])
            }
            let found = try connection(nil)
            #expect(found.url == "http://127.0.0.1:81")
            #expect(found.token == token)
            #expect(found.isLocal)
            #expect(try connection("http://127.0.0.1:81/").token == token)
            let other = try connection("http://127.0.0.1:82")
            #expect(other.token == nil)
            #expect(!other.isLocal)
        }
    }

    @Test func namedTokenFileBeatsTheVariable() throws {
        try withTemporaryFolder { folder in
            let token = try TokenFile.create("\(folder)/mine")
            let environment = ["SRUN_TOKEN": "srun_from_environment"]
            let url = "http://127.0.0.1:81"
            func connection(_ file: String?) throws -> ServerConnection {
                try ServerConnection(url: url, tokenFile: file, stateFolder: folder, environment: environment)
            }
            #expect(try connection("\(folder)/mine").token == token)
            #expect(try connection(nil).token == "srun_from_environment")
            #expect(throws: Failure.self) { try connection("\(folder)/missing") }
        }
    }

    @Test func noServerIsSaidSo() throws {
        let failure = #expect(throws: Failure.self) {
            try ServerConnection(url: nil, tokenFile: nil, stateFolder: "/nowhere", environment: [:])
        }
        #expect(failure?.code == .unavailable)
    }
}
