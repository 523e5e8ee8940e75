import Foundation
import Testing

@testable import srun

@Suite("State folder")
struct AppStateFolderTests {
    @Test func createsWhatIsMissingForItsOwnerOnly() throws {
        try withTemporaryFolder { base in
            let path = "\(base)/a/b/srun"
            let folder = try StateFolder(preparing: path)
            for made in ["\(base)/a", "\(base)/a/b", path] { #expect(try permissions(of: made) == 0o700) }
            folder.removeIfUnused()
            #expect(try FileManager.default.contentsOfDirectory(atPath: base).isEmpty)
        }
    }

    @Test func keepsWhatIsInUseOrWasThere() throws {
        try withTemporaryFolder { base in
            let folder = try StateFolder(preparing: "\(base)/srun")
            try makeFile(folder.file("x"), "")
            folder.removeIfUnused()
            #expect(FileManager.default.fileExists(atPath: folder.file("x")))
            try StateFolder(preparing: base).removeIfUnused()
            #expect(FileManager.default.fileExists(atPath: base))
        }
    }

    @Test(arguments: [0o720, 0o702, 0o777])
    func refusesFoldersThatOthersMayWriteTo(_ mode: Int) throws {
        try withTemporaryFolder { base in
            try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: base)
            let failure = #expect(throws: Failure.self) { try StateFolder(preparing: base) }
            #expect(failure?.code == .permission)
        }
    }

    @Test func refusesAFileInItsPlace() throws {
        try withTemporaryFolder { base in
            try makeFile("\(base)/file", "")
            for path in ["\(base)/file", "\(base)/file/below"] {
                let failure = #expect(throws: Failure.self) { try StateFolder(preparing: path) }
                #expect(failure?.code == .cannotCreate)
            }
        }
    }

    @Test func refusesWhereNothingCanBeMade() throws {
        let failure = #expect(throws: Failure.self) { try StateFolder(preparing: "/proc/srun/state") }
        #expect(failure?.code == .cannotCreate)
    }
}

@Suite("Token file")
struct AppTokenFileTests {
    private let token = "srun_0123456789abcdef"

    @Test func createsOnceForItsOwnerOnly() throws {
        try withTemporaryFolder { base in
            let path = "\(base)/token"
            #expect(try TokenFile.read(path) == nil)
            let made = try TokenFile.create(path)
            #expect(try permissions(of: path) == 0o600)
            #expect(try TokenFile.read(path) == made)
            #expect(throws: Failure.self) { try TokenFile.create(path) }
        }
    }

    @Test func tokensHave256BitsAndDiffer() {
        let tokens = (0..<100).map { _ in TokenFile.make() }
        #expect(Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0.hasPrefix("srun_") && $0.count == 48 && $0.dropFirst(5).allSatisfy(\.isASCII) })
    }

    @Test(arguments: ["\n", "\r\n", ""])
    func trimsTheLineEnd(_ end: String) throws {
        try withTemporaryFolder { base in
            try makeFile("\(base)/token", token + end)
            #expect(try TokenFile.read("\(base)/token") == token)
        }
    }

    @Test(arguments: ["", "\n", "short", "two words that are long enough", "srun_0123456789abcdef\n\n"])
    func refusesWhatIsNoToken(_ text: String) throws {
        try withTemporaryFolder { base in
            try makeFile("\(base)/token", text)
            let failure = #expect(throws: Failure.self) { try TokenFile.read("\(base)/token") }
            #expect(failure?.code == .badData)
        }
    }

    @Test(arguments: [0o644, 0o640, 0o660, 0o604])
    func refusesWhatOthersCanRead(_ mode: Int) throws {
        try withTemporaryFolder { base in
            try makeFile("\(base)/token", token, permissions: mode)
            let failure = #expect(throws: Failure.self) { try TokenFile.read("\(base)/token") }
            #expect(failure?.code == .permission)
        }
    }

    @Test func refusesLinksAndFolders() throws {
        try withTemporaryFolder { base in
            try makeFile("\(base)/real", token)
            try FileManager.default.createSymbolicLink(atPath: "\(base)/token", withDestinationPath: "\(base)/real")
            let link = #expect(throws: Failure.self) { try TokenFile.read("\(base)/token") }
            #expect(link?.code == .permission)
            let folder = #expect(throws: Failure.self) { try TokenFile.read(base) }
            #expect(folder?.code == .permission)
        }
    }
}

@Suite("Server file")
struct AppServerFileTests {
    @Test func isFoundWhileItsServerLives() throws {
        try withTemporaryFolder { base in
            let path = "\(base)/server.json"
            #expect(ServerFile.read(path) == nil)
            var file: ServerFile? = try ServerFile(path, url: "http://127.0.0.1:1")
            #expect(ServerFile.read(path) == ServerFile.Content(url: "http://127.0.0.1:1", pid: getpid()))
            #expect(try permissions(of: path) == 0o600)
            // A second server with the same folder leaves the first one findable.
            let failure = #expect(throws: Failure.self) { try ServerFile(path, url: "http://127.0.0.1:2") }
            #expect(failure?.code == .temporary)
            #expect(ServerFile.read(path)?.url == "http://127.0.0.1:1")
            // The process is gone, and with it the lock; what it wrote is still there.
            file = nil
            #expect(FileManager.default.fileExists(atPath: path))
            #expect(ServerFile.read(path) == nil)
            file = try ServerFile(path, url: "http://127.0.0.1:3")
            #expect(ServerFile.read(path)?.url == "http://127.0.0.1:3")
            file?.remove()
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }
}
