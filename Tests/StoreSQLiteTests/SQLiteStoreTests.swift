import Foundation
import GRDB
import SrunKit
import StoreConformance
import StoreSQLite
import Testing

@Suite("SQLite store")
struct SQLiteStoreTests {
    @Test("meets the contract", .timeLimit(.minutes(1)), arguments: StoreContract.all)
    func meets(_ requirement: StoreRequirement) async throws {
        try await withTemporaryFolder { folder in
            try await requirement.verify { try await SQLiteStore.open(at: folder + "/srun.db", node: "node-a") }
        }
    }

    @Test("keeps who may come in", .timeLimit(.minutes(1)), arguments: AccessContract.all)
    func keepsAccess(_ requirement: AccessRequirement) async throws {
        try await withTemporaryFolder { folder in
            try await requirement.verify { try await SQLiteStore.open(at: folder + "/srun.db", node: "node-a") }
        }
    }

    @Test("refuses to change or remove what the audit says")
    func auditIsAppendOnly() async throws {
        try await withTemporaryFolder { folder in
            let store = try await SQLiteStore.open(at: folder + "/srun.db", node: "node-a")
            try await store.append(AuditEvent(time: .distantPast, user: "ann", address: nil, action: "job.stop"))
            await store.close()
            let queue = try DatabaseQueue(path: folder + "/srun.db")
            for statement in ["DELETE FROM audit", "UPDATE audit SET user = 'bob'"] {
                await #expect(throws: DatabaseError.self) { try await queue.write { try $0.execute(sql: statement) } }
            }
            #expect(try await queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM audit") } == 1)
            try queue.close()
        }
    }
}
