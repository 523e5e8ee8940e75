import SrunKit
import StoreConformance
import StorePostgres
import Testing

/// One at a time: each has tables of its own, and hundreds at once would have to wait for one another longer than they may.
@Suite("PostgreSQL store", .serialized)
struct PostgresStoreTests {
    @Test("meets the contract", .timeLimit(.minutes(1)), arguments: StoreContract.all)
    func meets(_ requirement: StoreRequirement) async throws {
        let (address, schema) = (try TestDatabase.address, TestDatabase.newSchema())
        try await requirement.verify { try await PostgresStore.open(address, schema: schema) }
    }

    @Test("keeps who may come in", .timeLimit(.minutes(1)), arguments: AccessContract.all)
    func keepsAccess(_ requirement: AccessRequirement) async throws {
        let (address, schema) = (try TestDatabase.address, TestDatabase.newSchema())
        try await requirement.verify { try await PostgresStore.open(address, schema: schema) }
    }

    @Test("meets the contract through PgBouncer", .timeLimit(.minutes(1)), arguments: StoreContract.all)
    func meetsPooled(_ requirement: StoreRequirement) async throws {
        let (address, schema) = (try TestDatabase.pooledAddress, TestDatabase.newSchema())
        try await requirement.verify { try await PostgresStore.open(address, schema: schema) }
    }
}
