import Foundation
import SrunKit
import SrunTestSupport
import StoreMemory
import Testing

@testable import srun

/// Users, tokens, the audit, and whose job is whose, over HTTP.
@Suite("Who may do what", .timeLimit(.minutes(1))) struct HTTPUsersTests {
    private static let cost = PasswordHash.Cost(logarithm: 10, blockSize: 8, parallelism: 1)
    private let store = MemoryStore()

    private func access(limitsToOwnJobs: Bool = false) -> Access {
        Access(
            .token(Token(TestServer.token)), store: store,
            options: Access.Options(limitsToOwnJobs: limitsToOwnJobs, passwordCost: Self.cost))
    }

    /// A user with a token, whose secret is returned.
    private func add(_ name: String, _ role: Role, to server: TestServer) async throws -> String {
        let user = try await server.request(
            "POST", "/api/users", body: #"{"name":"\#(name)","role":"\#(role.rawValue)","password":"correct horse"}"#)
        try #require(user.status == 201)
        let token = try await server.request(
            "POST", "/api/tokens", body: #"{"name":"t","user":"\#(name)","role":"\#(role.rawValue)"}"#)
        return try #require(token.json["token"])
    }

    private func fields(_ token: String, _ server: TestServer) -> String {
        "Host: \(server.host)\r\nAuthorization: Bearer \(token)\r\n"
    }

    @Test func letsAdministratorsManageUsers() async throws {
        try await TestServer.run(access: access()) { server in
            let made = try await server.request(
                "POST", "/api/users", body: #"{"name":"Ann","role":"operator","password":"correct horse"}"#)
            #expect(made.status == 201 && made.json["name"] == "ann" && made.json["role"] == "operator")
            #expect(made.json.lastSignInAt == .null && made.json.disabled == .bool(false))
            #expect(!made.text.contains("scrypt"))
            let again = try await server.request("POST", "/api/users", body: #"{"name":"ann"}"#)
            #expect(again.status == 409 && again.code == "user_exists")
            let changed = try await server.request("PATCH", "/api/users/ann", body: #"{"role":"viewer"}"#)
            #expect(changed.json["role"] == "viewer")
            #expect(try await server.request("GET", "/api/users").text.contains(#""name":"ann""#))
            #expect(try await server.request("DELETE", "/api/users/ann").status == 200)
            #expect(try await server.request("DELETE", "/api/users/ann").code == "user_not_found")
        }
    }

    @Test(arguments: [
        (#"{"name":"a b"}"#, "invalid_user"), (#"{"name":"admin"}"#, "invalid_user"),
        (#"{"name":"\u0430nn"}"#, "invalid_user"), (#"{"name":"a\u0000"}"#, "invalid_user"), ("{}", "invalid_field"),
        (#"{"name":"ann","password":"short"}"#, "invalid_field"), (#"{"name":"ann","role":"root"}"#, "invalid_field"),
        (#"{"name":"ann","rôle":"admin"}"#, "unknown_field"), (#"{"name":7}"#, "invalid_field"),
    ])
    func refusesUsers(_ body: String, _ code: String) async throws {
        try await TestServer.run(access: access()) { server in
            let response = try await server.request("POST", "/api/users", body: body)
            #expect(response.status == 400 && response.code == code)
            #expect(try await store.users().isEmpty)
        }
    }

    @Test func signsUsersInAndEndsTheirSessionsWithTheirPassword() async throws {
        try await TestServer.run(access: access()) { server in
            _ = try await add("ann", .operator, to: server)
            let host = "Host: \(server.host)\r\n"
            let signedIn = try await server.request(
                "POST", "/api/session", fields: host, body: #"{"user":"ann","password":"correct horse"}"#)
            #expect(signedIn.status == 200 && signedIn.json["user"] == "ann" && signedIn.json["role"] == "operator")
            let cookie = try #require(signedIn["set-cookie"]?.split(separator: ";").first)
            let fields = host + "Cookie: \(cookie)\r\nX-Srun-CSRF: 1\r\n"
            #expect(try await server.request("GET", "/api/session", fields: fields).json["user"] == "ann")
            // Nobody who finds the browser open may keep her out.
            let blind = try await server.request(
                "PUT", "/api/users/ann/password", fields: fields, body: #"{"password":"another horse"}"#)
            #expect(blind.status == 400)
            let wrong = try await server.request(
                "PUT", "/api/users/ann/password", fields: fields,
                body: #"{"password":"another horse","current":"wrong horse"}"#)
            #expect(wrong.status == 403 && wrong.code == "wrong_password")
            let set = try await server.request(
                "PUT", "/api/users/ann/password", fields: fields,
                body: #"{"password":"another horse","current":"correct horse"}"#)
            #expect(set.status == 200)
            #expect(try await server.request("GET", "/api/session", fields: fields).status == 401)
            let old = try await server.request(
                "POST", "/api/session", fields: host, body: #"{"user":"ann","password":"correct horse"}"#)
            #expect(old.status == 401)
        }
    }

    @Test func whomAnotherServiceAnswersForGetsAPasswordFromAnAdministratorOnly() async throws {
        try await TestServer.run(access: access()) { server in
            let ann = try await add("ann", .operator, to: server)
            #expect(try await store.change("ann", .passwordHash(nil)))
            let body = #"{"password":"another horse"}"#
            let own = try await server.request(
                "PUT", "/api/users/ann/password", fields: fields(ann, server), body: body)
            #expect(own.status == 403)
            #expect(try await server.request("PUT", "/api/users/ann/password", body: body).status == 200)
            #expect(try await store.user("ann")?.passwordHash != nil)
        }
    }

    /// Whoever could choose the address that counts could guess for ever, and be somebody else in the audit.
    @Test(arguments: [false, true]) func anAddressThatSomebodyMadeUpCountsForNothing(_ isTrusted: Bool) async throws {
        try await TestServer.run(access: access(), trustedProxies: isTrusted ? ["127.0.0.1", "10.0.0.0/8"] : []) {
            server in
            var answers: [Int] = []
            for number in 0..<6 {
                // Before the last proxy's word stands what the caller wrote.
                let made = "198.51.100.\(number), " + (isTrusted ? "203.0.113.9, 10.1.2.3" : "10.1.2.\(number)")
                let answer = try await server.request(
                    "POST", "/api/session", fields: "Host: \(server.host)\r\nX-Forwarded-For: \(made)\r\n",
                    body: #"{"token":"wrong"}"#)
                answers.append(answer.status)
            }
            #expect(answers == [401, 401, 401, 401, 401, 429])
            let written = try await store.audit(AuditQuery(action: "session.create")).map(\.event.address)
            #expect(written == Array(repeating: isTrusted ? "203.0.113.9" : "127.0.0.1", count: 5))
        }
    }

    @Test func keepsTokensToTheirOwners() async throws {
        try await TestServer.run(access: access()) { server in
            let ann = try await add("ann", .operator, to: server)
            let bob = try await add("bob", .viewer, to: server)
            let made = try await server.request(
                "POST", "/api/tokens", fields: fields(ann, server), body: #"{"name":"ci","expiresInSeconds":60}"#)
            #expect(made.status == 201 && made.json["user"] == "ann" && made.json["role"] == "operator")
            let secret = try #require(made.json["token"])
            let id = try #require(made.json["id"])
            let list = try await server.request("GET", "/api/tokens", fields: fields(ann, server))
            #expect(list.text.contains(id) && !list.text.contains(secret))
            #expect(try await !server.request("GET", "/api/tokens", fields: fields(bob, server)).text.contains(id))
            let theft = try await server.request("DELETE", "/api/tokens/\(id)", fields: fields(bob, server))
            #expect(theft.status == 404 && theft.code == "token_not_found")
            for body in [
                #"{"name":"x","role":"admin"}"#, #"{"name":"x","user":"ann"}"#, #"{"name":"x","role":"operator"}"#,
            ] {
                let more = try await server.request("POST", "/api/tokens", fields: fields(bob, server), body: body)
                #expect([400, 403].contains(more.status))
            }
            #expect(try await server.request("GET", "/api/session", fields: fields(secret, server)).status == 200)
            #expect(try await server.request("DELETE", "/api/tokens/\(id)", fields: fields(ann, server)).status == 200)
            #expect(try await server.request("GET", "/api/session", fields: fields(secret, server)).status == 401)
        }
    }

    @Test func writesDownWhatPeopleDo() async throws {
        try await TestServer.run(access: access()) { server in
            let ann = try await add("ann", .operator, to: server)
            let bob = try await add("bob", .viewer, to: server)
            let job = try await server.request(
                "POST", "/api/jobs", fields: fields(ann, server), body: #"{"command":"echo secret"}"#)
            let id = try #require(job.json["id"])
            #expect(job.json["createdBy"] == "ann")
            #expect(try await server.request("POST", "/api/jobs/\(id)/stop", fields: fields(bob, server)).status == 403)
            #expect(try await server.request("DELETE", "/api/jobs/\(id)?force=true").status == 200)
            _ = try await server.request(
                "POST", "/api/session", fields: "Host: \(server.host)\r\n", body: #"{"user":"eve","password":"x"}"#)
            let text = try await server.request("GET", "/api/audit?format=jsonl").text
            let lines = text.split(separator: "\n").map { JSONValueBox(Array($0.utf8)) }
            let told = lines.map { "\($0["user"] ?? "-") \($0["action"] ?? "-") \($0["result"] ?? "-")" }
            #expect(
                told == [
                    "eve session.create unauthorized", "admin job.remove ok", "bob job.stop forbidden",
                    "ann job.create ok", "admin token.create ok", "admin user.create ok", "admin token.create ok",
                    "admin user.create ok",
                ])
            #expect(lines[1]["job"] == id && lines[2]["job"] == id && lines[3]["job"] == id)
            #expect(lines[3]["detail"] == "echo secret" && lines[3]["address"] == "127.0.0.1")
            #expect(!text.contains(ann) && !text.contains("correct horse"))
            let page = try await server.request("GET", "/api/audit?limit=3&user=admin")
            #expect(page["link"]?.contains("cursor=") == true && page["link"]?.contains("user=admin") == true)
            #expect(try await server.request("GET", "/api/audit", fields: fields(ann, server)).status == 403)
        }
    }

    @Test func keepsOperatorsToTheirOwnJobsWhereThatIsWanted() async throws {
        let process = ScriptedLauncher { _ in ScriptedProcess() }
        try await TestServer.run(access: access(limitsToOwnJobs: true), launcher: process) { server in
            let ann = try await add("ann", .operator, to: server)
            let bob = try await add("bob", .operator, to: server)
            let job = try await server.request(
                "POST", "/api/jobs", fields: fields(ann, server), body: #"{"command":"x"}"#)
            let id = try #require(job.json["id"])
            for path in ["stop", "restart"] {
                let theft = try await server.request("POST", "/api/jobs/\(id)/\(path)", fields: fields(bob, server))
                #expect(theft.status == 403 && theft.code == "not_your_job")
            }
            #expect(try await server.request("GET", "/api/jobs/\(id)", fields: fields(bob, server)).status == 200)
            let stopped = try await server.request("POST", "/api/jobs/\(id)/stop")
            #expect([200, 202].contains(stopped.status))
            #expect(try await server.request("GET", "/api/jobs/\(id)").json["stoppedBy"] == "admin")
        }
    }

    @Test func endsStreamsOfWhoIsLetInNoMore() async throws {
        var sockets = WebSocketLimits()
        sockets.timing.recheck = .milliseconds(20)
        let launcher = ScriptedLauncher { _ in ScriptedProcess() }
        try await TestServer.run(access: access(), sockets: sockets, launcher: launcher) { server in
            let ann = try await add("ann", .viewer, to: server)
            let id = try await server.start()
            try await RawConnection.open(server.port) { connection in
                try await connection.send("GET /api/jobs/\(id)/logs?follow=1 HTTP/1.1\r\n\(fields(ann, server))\r\n")
                while let line = try await connection.line(), !line.isEmpty {}
                #expect(try await server.request("DELETE", "/api/users/ann").status == 200)
                // Without its last chunk: this is not all, and nobody is told that it is.
                #expect(try await connection.rest().isEmpty)
            }
            #expect(try await server.request("POST", "/api/jobs/\(id)/stop").status < 300)
        }
    }
}
