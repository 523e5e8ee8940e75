import Foundation
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
}
