/// A store that may have to stop writing while it is open, and knows so before the next write does. Not every store is one; whoever
/// needs it asks with `as?`, once.
public protocol FaultReporting: JobStore {
    /// Why nothing is written now, or nil while all is well. Reads may still succeed.
    ///
    /// Asked whenever somebody wants to know how the server is, so it writes nothing and waits for no other call.
    func fault() async -> StoreError?
}
