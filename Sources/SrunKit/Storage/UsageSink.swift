/// A store that keeps how jobs used the machine. Not every store does; whoever needs it asks with `as?`, once.
public protocol UsageSink: JobStore {
    /// Keeps the history of a job, in place of an earlier one; it goes with the job.
    ///
    /// - Throws: ``StoreError/Code/jobNotFound`` or ``StoreError/Code/unavailable``.
    func keep(_ history: UsageHistory, of job: JobID) async throws(StoreError)

    /// Nil when there is none, also for a job that is not known.
    func usageHistory(of job: JobID) async throws(StoreError) -> UsageHistory?
}
