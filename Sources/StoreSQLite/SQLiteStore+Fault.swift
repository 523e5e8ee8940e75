public import SrunKit

extension SQLiteStore: FaultReporting {
    public func fault() async -> StoreError? {
        let writer = writer
        return await offCooperativePool { writer.fault }
    }
}
