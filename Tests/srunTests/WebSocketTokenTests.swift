import StoreMemory
import SrunKit
import SrunTestSupport
import Testing

@testable import srun

/// The token of somebody who cannot set `Authorization`, among the subprotocols of a WebSocket.
@Suite("A token as subprotocol", .timeLimit(.minutes(1))) struct WebSocketTokenTests {
    private static let entry = "srun.bearer.\(Base64URL.encode(TestServer.token.utf8))"

    private func answer(
        _ server: TestServer, _ protocols: [String], path: String = "/api/events", more: String = ""
    ) async throws -> RawResponse {
        let bearer = "Authorization: Bearer \(TestServer.token)\r\n"
        let fields = protocols.map { "Sec-WebSocket-Protocol: \($0)\r\n" }.joined() + more
        let handshake = TestSocket.handshake(path, server).split(separator: bearer).joined().dropLast()
        return try await RawConnection.open(server.port) { connection in
            try await connection.send(handshake + fields + "\r\n")
            return try await connection.response()
        }
    }

    @Test(arguments: [
        ["srun.v1, ENTRY"], ["ENTRY, srun.v1"], ["ENTRY", "srun.v1"], ["other,ENTRY ,\tsrun.v1"],
    ])
    func letsInAndIsNeverAnswered(_ protocols: [String]) async throws {
        try await TestServer.run { server in
            let protocols = protocols.map {
                $0.split(separator: "ENTRY", omittingEmptySubsequences: false).joined(separator: Self.entry)
            }
            let response = try await answer(server, protocols)
            #expect(response.status == 101)
            #expect(response.fields["sec-websocket-protocol"] == ["srun.v1"])
        }
    }

    @Test func aloneItIsNoProtocol() async throws {
        try await TestServer.run { server in
            let id = try await server.start()
            let response = try await answer(server, [Self.entry], path: "/api/jobs/\(id)/logs")
            #expect(response.status == 101)
            #expect(response.fields["sec-websocket-protocol"] == nil)
        }
    }

    @Test(arguments: [
        "srun.bearer.", "srun.bearer.!", "srun.bearer.d3Jvbmc", "srun.bearer.d3Jvbmc=", "srun.bearer.d3Jvbmd",
        "srun.bearer._w",
        "srun.bearer.a", "ENTRY.x", "ENTRY=", "ENTRYA", "Srun.bearer.ENTRY", "srun.bearer.\(TestServer.token)",
        "ENTRY, ENTRY", "ENTRY, srun.bearer.d3Jvbmc", "srun.bearer.d3Jvbmc, ENTRY", "srun.bearer., ENTRY",
    ])
    func isRefusedUnlessItIsOneWholeToken(_ protocols: String) async throws {
        try await TestServer.run { server in
            let text = protocols.split(separator: "ENTRY", omittingEmptySubsequences: false).joined(
                separator: Self.entry)
            let response = try await answer(server, ["srun.v1, \(text)"])
            #expect(response.status == 401 && response.code == "unauthorized")
            #expect(!response.text.contains("bearer."))
        }
    }

    @Test func isRefusedBesideAnotherTokenAndNotHelpedByACookie() async throws {
        try await TestServer.run { server in
            let bearer = "Authorization: Bearer \(TestServer.token)\r\n"
            #expect(try await answer(server, ["srun.v1", Self.entry], more: bearer).status == 401)
            #expect(
                try await answer(server, ["srun.v1", Self.entry], more: "Authorization: Bearer wrong\r\n").status == 401
            )
            let signedIn = try await server.request(
                "POST", "/api/session", fields: "Host: \(server.host)\r\n", body: #"{"token":"\#(TestServer.token)"}"#)
            let cookie =
                "Cookie: \(try #require(signedIn["set-cookie"]?.prefix { $0 != ";" }))\r\nOrigin: \(server.origin)\r\n"
            #expect(try await answer(server, ["srun.v1, srun.bearer.d3Jvbmc"], more: cookie).status == 401)
            #expect(try await answer(server, ["srun.v1, \(Self.entry)"], more: cookie).status == 101)
        }
    }

    @Test func isOnlyForWebSocketsAndNotForForeignPages() async throws {
        try await TestServer.run { server in
            let plain = try await server.request(
                "GET", "/api/jobs", fields: "Host: \(server.host)\r\nSec-WebSocket-Protocol: \(Self.entry)\r\n")
            #expect(plain.status == 401)
            #expect(try await answer(server, [Self.entry], more: "Origin: http://evil.test\r\n").code == "bad_origin")
            #expect(try await answer(server, [Self.entry], more: "Origin: \(server.origin)\r\n").status == 101)
        }
    }
}
