import SrunKit
import SrunTestSupport
import Testing

@testable import srun

@Suite("How fast one person may start jobs", .timeLimit(.minutes(1))) struct HTTPStartRateTests {
    private let begin = ContinuousClock.now

    @Test func isSixHundredAMinuteAndTwoHundredAtOnce() {
        var buckets = StartBuckets(.standard)
        #expect((0..<200).allSatisfy { _ in buckets.take("ann", at: begin) == nil })
        #expect(buckets.take("ann", at: begin) == .milliseconds(100))
        #expect(buckets.take("bob", at: begin) == nil, "others are not held up by it")
        // Asking too early costs nothing.
        #expect((0..<50).allSatisfy { _ in buckets.take("ann", at: begin + .milliseconds(50)) != nil })
        #expect(buckets.take("ann", at: begin + .milliseconds(101)) == nil)
        let started = (1...120_000).count { buckets.take("ann", at: begin + .milliseconds(101 + $0)) == nil }
        #expect((1199...1200).contains(started), "two minutes")
    }

    @Test func neverGivesMoreThanWhatMayBeStartedAtOnce() throws {
        var buckets = StartBuckets(try #require(StartRate(setting: 6)))
        for pause in [Duration.zero, .seconds(3600), .seconds(-5)] {
            let started = (0..<10).count { _ in buckets.take("ann", at: begin + .seconds(3600) + pause) == nil }
            #expect(started == (pause < .zero ? 0 : 2))
        }
        #expect(StartRate(setting: 1)?.burst == 1)
        #expect(StartRate(setting: 0) == nil)
    }

    @Test func remembersABoundedNumberOfPeople() throws {
        var buckets = StartBuckets(try #require(StartRate(setting: 3)))
        for number in 0...StartBuckets.capacity {
            #expect(buckets.take("\(number)", at: begin + .microseconds(number)) == nil)
        }
        #expect(buckets.count <= StartBuckets.capacity)
        let last = begin + .microseconds(StartBuckets.capacity)
        #expect(buckets.take("0", at: last) == nil, "who was quiet for longest is forgotten")
        #expect(buckets.take("\(StartBuckets.capacity)", at: last) != nil)
        // Those whose bucket is full again go first, and nobody loses anything by that.
        let later = last + .seconds(120)
        for number in 0..<StartBuckets.capacity { _ = buckets.take("x\(number)", at: later) }
        #expect(buckets.count == StartBuckets.capacity)
    }

    @Test func answersWhoIsTooFastWithWhenToComeAgain() async throws {
        try await TestServer.run(startRate: StartRate(setting: 6)) { server in
            let id = try await server.start()
            // Running one again is a start too, and what is no job counts as well.
            #expect(try await server.request("POST", "/api/jobs/\(id)/restart").status == 200)
            for (path, body, type) in [
                ("/api/jobs", #"{"command":"x"}"#, "application/json"), ("/api/jobs/\(id)/restart", nil, ""),
                ("/api/jobs", "{", "text/plain"),
            ] {
                let late = try await server.request("POST", path, body: body, type: type)
                #expect(late.status == 429 && late.code == "too_many_starts")
                let pause = try #require(late["retry-after"].flatMap { Int($0) })
                #expect((1...10).contains(pause))
                #expect(late.text.contains("start 6 a minute, 2 of them at once; try again in \(pause) s"))
            }
            #expect(try await server.engine.jobs(JobQuery()).jobs.count == 2)
            // Everything else goes on, and so does everybody else.
            #expect(try await server.request("GET", "/api/jobs").status == 200)
            let token = try await server.request("POST", "/api/tokens", body: #"{"name":"ci","role":"operator"}"#)
            let fields = "Host: \(server.host)\r\nAuthorization: Bearer \(try #require(token.json["token"]))\r\n"
            let other = try await server.request("POST", "/api/jobs", fields: fields, body: #"{"command":"x"}"#)
            #expect(other.status == 201)
            // Who may start nothing is told that.
            let viewer = try await server.request("POST", "/api/tokens", body: #"{"name":"look","role":"viewer"}"#)
            let view = "Host: \(server.host)\r\nAuthorization: Bearer \(try #require(viewer.json["token"]))\r\n"
            for _ in 0..<3 {
                #expect(try await server.request("POST", "/api/jobs", fields: view, body: "{}").status == 403)
            }
        }
    }

    @Test func letsEverybodyStartAsFastAsTheyCanWhereThatIsWanted() async throws {
        try await TestServer.run(startRate: nil) { server in
            try await RawConnection.open(server.port) { connection in
                let request =
                    "POST /api/jobs HTTP/1.1\r\n\(server.authorized)Content-Type: application/json\r\nContent-Length: 3\r\n\r\n{} "
                for _ in 0..<250 {
                    try await connection.send(request)
                    #expect(try await connection.response().status == 400)
                }
            }
        }
    }
}
