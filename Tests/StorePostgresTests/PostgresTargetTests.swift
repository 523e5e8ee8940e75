import SrunKit
import Testing

@testable import StorePostgres

@Suite("The way to PostgreSQL")
struct PostgresTargetTests {
    @Test(
        "what leaves this machine is encrypted, or somebody has said that it need not be",
        arguments: [
            ("db.example", "192.0.2.7", "", true), ("db.example", "192.0.2.7", "prefer", true),
            ("db.example", "192.0.2.7", "allow", true), ("db.example", "2001:db8::1", "prefer", true),
            // A name that claims to be this machine is not: what it was found to be counts.
            ("localhost", "192.0.2.7", "prefer", true), ("127.example", "", "prefer", true),
            ("db.example", "192.0.2.7", "disable", false),
            ("localhost", "127.0.0.1", "prefer", false), ("db.example", "127.3.2.1", "prefer", false),
            ("localhost", "::1", "prefer", false), ("localhost", "", "prefer", false),
            ("/run/postgresql", "", "prefer", false), ("@abstract", "", "prefer", false), ("", "", "prefer", false),
        ])
    func needsEncryption(host: String, address: String, mode: String, isNeeded: Bool) {
        #expect(PQTarget.needsEncryption(host: host, address: address, mode: mode) == isNeeded)
    }

    @Test("a password is not shown")
    func display() {
        #expect(PQTarget(text: "postgres://ann:canary@db/srun?password=canary").display == "postgres://ann@db/srun")
        #expect(!PQTarget(text: "host=db password=canary").display.contains("canary"))
    }
}
