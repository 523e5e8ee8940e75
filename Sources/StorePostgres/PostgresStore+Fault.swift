public import SrunKit
import Synchronization

extension PostgresStore: FaultReporting {
    /// What the last write met. A node of a team writes at least its heartbeat, so this is not older than that.
    public func fault() async -> StoreError? { writeFault.withLock { $0 } }

    /// Remembers whether the database takes writes. An error that is only about what was written says that it does.
    func note(_ error: StoreError?) {
        writeFault.withLock { fault in
            switch error?.code {
            case .unavailable, .full, .fenced, .accessDenied, .corrupt, .unreachable, .insecure: fault = error
            default: fault = nil
            }
        }
    }
}
